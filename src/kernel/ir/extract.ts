/** Kernels out of a textual LLVM module: each exported function with all it calls. Pure; needs no LLVM. */
import { canonicalText, kernelHash, reachable } from './canonical.ts'
import { type Entity, type IrModule, parseModule } from './module.ts'

/**
 * How a kernel is called. `call-frame`: XLA's kernel ABI. `module`: the entry of a whole module, TensorFlow 2.16 and
 * before. `comparator`: a sort's order, called by the runtime. `scalar`: numbers in, at most one out. `other`: none of
 * these.
 */
export type Abi = 'call-frame' | 'scalar' | 'module' | 'comparator' | 'other'

export interface KernelText {
  /** Exported name in the text it came from, without the `@`. */
  readonly name: string
  /** Canonical IR, a valid module. */
  readonly ir: string
  readonly hash: string
  readonly abi: Abi
  readonly lines: number
  /** Functions defined. */
  readonly functions: number
  readonly irInstructions: number
  /** XLA's emitter and the HLO opcode, from `xla_cpu_memory_region_name`. */
  readonly emitter?: string
  readonly opcode?: string
}

/** The kernels of a module's text, in its order; `problem` says why there are none, or which could not be taken out. */
export function extractKernels(text: string): { kernels: KernelText[]; problem?: string } {
  try {
    if (text.trim() === '') return { kernels: [], problem: 'it is empty' }
    const module = parseModule(text)
    const exported = [...module.entities.values()].filter(
      entity => entity.kind === 'function' && entity.linkage === 'exported',
    )
    if (exported.length === 0) return { kernels: [], problem: 'it has no exported function' }
    const region = regionOf(module)
    return { kernels: exported.map(entity => kernelOf(module, entity, region)) }
  } catch (error) {
    if (error instanceof SyntaxError) return { kernels: [], problem: error.message }
    throw error
  }
}

function kernelOf(module: IrModule, entity: Entity, region: Region): KernelText {
  const ir = canonicalText(module, entity)
  const defined = reachable(module, entity).filter(one => one.instructions > 0)
  return {
    name: entity.name.slice(1).replace(/^"(.*)"$/, '$1'),
    ir,
    hash: kernelHash(ir),
    abi: abiOf(entity),
    lines: ir.split('\n').length - 1,
    functions: defined.length,
    irInstructions: defined.reduce((sum, one) => sum + one.instructions, 0),
    ...region,
  }
}

interface Region {
  readonly emitter?: string
  readonly opcode?: string
}

/** `xla_cpu_emitter__loop_fusion_kernel_emitter__hlo_opcode__fusion` (openxla/xla, cpu/codegen) taken apart. */
function regionOf(module: IrModule): Region {
  const node = module.named.get('!xla_cpu_memory_region_name')?.[1]
  const text = node === undefined ? '' : (module.metadata.get(node) ?? []).join('')
  const [, emitter, opcode] = /"xla_cpu_emitter__(.+?)__hlo_opcode__(.+?)"/.exec(text) ?? []
  return emitter !== undefined && opcode !== undefined ? { emitter, opcode } : {}
}

/** Numbers, and vectors of them. */
const NUMBER = String.raw`(?:i\d+|half|bfloat|float|double)`
const SCALAR = new RegExp(`^(?:${NUMBER}|<\\d+ x ${NUMBER}>)$`)

/**
 * Told from types and use alone, since names mean nothing. XLA's functions of six pointers (result, run options,
 * parameters, buffer table, status, profile counters) are comparators, unless they use the buffer table (`%v3`).
 */
function abiOf({ result, parameters, tail }: Entity): Abi {
  const body = tail.join('')
  if (parameters.every(type => SCALAR.test(type)) && (result === 'void' || SCALAR.test(result)))
    return 'scalar'
  if (!parameters.every(type => type === 'ptr')) return 'other'
  if (result === 'ptr' && parameters.length === 1 && isKernel(body)) return 'call-frame'
  if (result === 'void' && parameters.length === 6) return uses(body, '%v3') ? 'module' : 'comparator'
  return 'other'
}

/** A kernel reads its frame and always returns null, for success. */
const isKernel = (body: string): boolean => uses(body, '%v0') && !/\n {2}ret (?!ptr null)/.test(body)

/** Whether the body refers to a parameter of a pointer beyond its declaration. */
function uses(body: string, parameter: string): boolean {
  const start = body.indexOf('{\n')
  for (
    let at = body.indexOf(`ptr ${parameter}`, start);
    at >= 0;
    at = body.indexOf(`ptr ${parameter}`, at + 1)
  )
    if (!/\d/.test(body[at + 4 + parameter.length] ?? '')) return true
  return false
}
