/** Modules parsed once and cloned for each candidate. */
import { isBitcode } from '../../reading/bitcode.ts'
import type { Api, Pointer } from './api.ts'

/** One module as `opt` has it after reading its input: data layout and triple are the target's. */
export interface ParsedModule {
  readonly context: Pointer
  readonly module: Pointer
  clones: number
}

export interface Modules {
  /** Takes a module's bytes in, text or bitcode. */
  add(input: string, bytes: Uint8Array): void
  bytes(input: string): Uint8Array | undefined
  forget(input: string): void
  /** The parsed module; undefined if it does not parse or verify. */
  get(input: string, target: { triple: string; dataLayout: string }): ParsedModule | undefined
}

/** Constants and types of clones stay in a context for as long as it lives: then it is made anew. */
const CLONES_A_CONTEXT = 256

export function openModules(api: Api): Modules {
  const { lib } = api
  const setTarget = lib.func('void LLVMSetTarget(void *, const char *)')
  const setDataLayout = lib.func('void LLVMSetDataLayout(void *, const char *)')
  const inputs = new Map<string, { bytes: Uint8Array; parsed: Map<string, ParsedModule> }>()

  const parse = (bytes: Uint8Array, triple: string, dataLayout: string): ParsedModule | undefined => {
    const context = api.createContext()
    const binary = isBitcode(bytes)
    const parsed = api.parse(context, binary ? bytes : withDataLayout(bytes, dataLayout), 'IN')
    if ('module' in parsed) {
      // Bitcode says every alignment, which text leaves to the layout.
      if (binary) setDataLayout(parsed.module, dataLayout)
      setTarget(parsed.module, triple)
      if (api.verify(parsed.module) === undefined) return { context, module: parsed.module, clones: 0 }
    }
    api.disposeContext(context)
    return undefined
  }

  return {
    add: (input, bytes) => void inputs.set(input, { bytes, parsed: new Map() }),
    bytes: input => inputs.get(input)?.bytes,
    forget(input) {
      for (const { context } of inputs.get(input)?.parsed.values() ?? []) api.disposeContext(context)
      inputs.delete(input)
    },
    get(input, { triple, dataLayout }) {
      const known = inputs.get(input)
      if (known === undefined) return undefined
      const key = `${triple} ${dataLayout}`
      const before = known.parsed.get(key)
      if (before !== undefined && before.clones < CLONES_A_CONTEXT) return before
      if (before !== undefined) api.disposeContext(before.context)
      known.parsed.delete(key)
      const parsed = parse(known.bytes, triple, dataLayout)
      if (parsed !== undefined) known.parsed.set(key, parsed)
      return parsed
    },
  }
}

/**
 * The text with this data layout, as `opt -data-layout` and `llc` read it: before any instruction, because the
 * alignment of what states none comes from there. Lines keep their numbers.
 */
export function withDataLayout(text: Uint8Array, dataLayout: string): Uint8Array {
  const ir = Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1')
  const line = `target datalayout = "${dataLayout}"`
  const own = /^target datalayout\s*=\s*"[^"]*"/m
  return Buffer.from(own.test(ir) ? ir.replace(own, () => line) : `${line} ${ir}`, 'latin1')
}
