/** Makes one build in this process, step by step as `opt` and `llc` do, and measures it in memory. */
import { hash } from 'node:crypto'
import type { ObjectSizes } from '../../kernel/build.ts'
import { isBitcode } from '../bitcode.ts'
import { contentHash, isCode, parseObject, sizesOf, undefinedSymbols } from '../object.ts'
import { type Api, copyBytes, type Out, type Pointer } from './api.ts'
import type { InstructionCounter } from './disassembler.ts'
import { openMachines } from './machines.ts'
import { openModules, withDataLayout } from './modules.ts'
import { isReread, openOptions } from './options.ts'
import type { Made, MakeRequest, MeasureRequest, Spent } from './protocol.ts'

/** What an emitted object is known by, kept for equal IR. */
interface Measured {
  readonly sizes: ObjectSizes
  readonly instructions: number
  readonly contentHash: string
  readonly undefinedSymbols: readonly string[]
  readonly object: Uint8Array
}

/** Objects kept for IR that comes again. */
const KEPT_OBJECTS = 512
const KEPT_BYTES = 1 << 16
const FUNCTION_INDEX = 0xffffffff
const OBJECT_FILE = 1
/** `opt` makes its target machine without optimisation: it is only asked for costs. */
const OPT_LEVEL = 0

export interface Maker {
  make(request: MakeRequest): Made
  measure(request: MeasureRequest): Made
}

/** Throws if the library does not export what is needed. */
export function openMaker(api: Api, count: InstructionCounter): Maker {
  const { lib } = api
  const options = openOptions(lib)
  const machines = openMachines(lib, options)
  const modules = openModules(api)
  const kept = new Map<string, Measured>()
  const clone = lib.func('void *LLVMCloneModule(void *)')
  const disposeModule = lib.func('void LLVMDisposeModule(void *)')
  const setAttributes = lib.func(
    'void _ZN4llvm7codegen21setFunctionAttributesENS_9StringRefES1_RNS_6ModuleE(const char *, size_t, const char *, size_t, void *)',
  )
  const builderOptions = lib.func('void *LLVMCreatePassBuilderOptions()')() as Pointer
  const runPasses = lib.func('void *LLVMRunPasses(void *, const char *, void *, void *)')
  const errorMessage = lib.func('void *LLVMGetErrorMessage(void *)')
  const print = lib.func('void *LLVMPrintModuleToString(void *)')
  const length = lib.func('size_t strlen(const void *)')
  const emit = lib.func(
    'int LLVMTargetMachineEmitToMemoryBuffer(void *, void *, int, _Out_ void **, _Out_ void **)',
  )
  const setTarget = lib.func('void LLVMSetTarget(void *, const char *)')
  const contextOf = lib.func('void *LLVMGetModuleContext(void *)')
  const stringAttribute = lib.func(
    'void *LLVMCreateStringAttribute(void *, const char *, uint32_t, const char *, uint32_t)',
  )
  const addAttribute = lib.func('void LLVMAddAttributeAtIndex(void *, uint32_t, void *)')
  const firstFunction = lib.func('void *LLVMGetFirstFunction(void *)')
  const nextFunction = lib.func('void *LLVMGetNextFunction(void *)')
  const isDeclaration = lib.func('int LLVMIsDeclaration(void *)')
  const moduleFlag = lib.func('void *LLVMGetModuleFlag(void *, const char *, size_t)')

  const addStrings = (module: Pointer, strings: readonly (readonly [string, string])[]): void => {
    const context = contextOf(module)
    for (let f: Pointer = firstFunction(module); f !== null; f = nextFunction(f))
      if (isDeclaration(f) === 0)
        for (const [name, value] of strings)
          addAttribute(
            f,
            FUNCTION_INDEX,
            stringAttribute(context, name, Buffer.byteLength(name), value, Buffer.byteLength(value)),
          )
  }

  /** What `opt -S` writes. */
  const optimised = (
    request: MakeRequest,
    opt: NonNullable<MakeRequest['opt']>,
    spent: Spent,
  ): Uint8Array => {
    const machine = machines.get({ ...request, level: OPT_LEVEL, args: machineArgs(request) })
    if (machine === undefined) throw new Unmade('its target is not known here')
    const base = timed(spent, 'parse', () => modules.get(request.input, request))
    if (base === undefined) throw new Unmade('it does not parse or verify')
    if (!options.set(opt.forced.map(attribute => `-force-attribute=${attribute}`)))
      throw new Unmade('its attributes are not taken')
    base.clones++
    const module = timed(spent, 'clone', () => clone(base.module) as Pointer)
    try {
      const { cpu, features } = request
      setAttributes(cpu, Buffer.byteLength(cpu), features, Buffer.byteLength(features), module)
      if (opt.strings.length > 0) addStrings(module, opt.strings)
      const passes = [...(opt.forced.length > 0 ? ['forceattrs'] : []), opt.passes].filter(p => p !== '')
      if (passes.length > 0) {
        const list = passes.join(',')
        const error = timed(
          spent,
          'passes',
          () => runPasses(module, list, machine, builderOptions) as Pointer,
        )
        if (error !== null) throw new Unmade(api.takeMessage(errorMessage(error)), 'bad-passes')
      }
      if (timed(spent, 'passes', () => api.verify(module)) !== undefined)
        throw new Unmade('what the passes made does not verify')
      return timed(spent, 'print', () => {
        const text = print(module) as Pointer
        const bytes = copyBytes(text, Number(length(text)))
        api.disposeMessage(text)
        return bytes
      })
    } finally {
      disposeModule(module)
    }
  }

  /** What `llc` makes of text. It reads it again: the order of uses, which code depends on, is that of the text. */
  const emitted = (request: MakeRequest, text: Uint8Array, spent: Spent): Uint8Array => {
    if (!isReread(request.codegenOptions)) throw new Unmade('its options may leave something behind')
    const args = [...machineArgs(request), `-relocation-model=${request.relocationModel}`]
    const all = [...args, ...request.codegenOptions]
    const machine = machines.get({ ...request, level: request.codegenLevel, args: all })
    // What forceattrs was told may stay: nothing here reads it.
    const mayStay = request.opt !== undefined && request.codegenOptions.length === 0
    if (machine === undefined || !(mayStay || options.set(request.codegenOptions)))
      throw new Unmade('its options are not taken')
    const context = api.createContext()
    try {
      const parsed = timed(spent, 'reparse', () => api.parse(context, text, request.opt ? 'MID' : 'IN'))
      if ('message' in parsed) throw new Unmade('it does not parse')
      const { module } = parsed
      setTarget(module, request.triple)
      if (moduleFlag(module, 'Code Model', 10) !== null) throw new Unmade('it chooses its own code model')
      if (request.opt === undefined && api.verify(module) !== undefined) throw new Unmade('does not verify')
      const { cpu, features } = request
      setAttributes(cpu, Buffer.byteLength(cpu), features, Buffer.byteLength(features), module)
      const message: Out = [null]
      const buffer: Out = [null]
      if (timed(spent, 'emit', () => emit(machine, module, OBJECT_FILE, message, buffer)) !== 0)
        throw new Unmade(api.takeMessage(message[0]))
      return api.takeBuffer(buffer[0])
    } finally {
      api.disposeContext(context)
    }
  }

  const measure = (object: Uint8Array, spent: Spent): Measured => {
    const parsed = parseObject(object)
    const code = parsed.sections.filter(section => isCode(section) && section.data.length > 0)
    const instructions = timed(spent, 'count', () =>
      code.reduce((sum, section) => sum + count(parsed.machine, section.data), 0),
    )
    return {
      sizes: sizesOf(parsed),
      instructions,
      contentHash: contentHash(parsed),
      undefinedSymbols: undefinedSymbols(parsed),
      object,
    }
  }

  const make = (request: MakeRequest, spent: Spent): Result => {
    for (const input of request.forget ?? []) modules.forget(input)
    if (request.bytes !== undefined) modules.add(request.input, request.bytes)
    const { opt } = request
    const text = opt ? optimised(request, opt, spent) : asItIs(request)
    const { triple, cpu, features, codegenLevel, relocationModel, codegenOptions } = request
    const what = [triple, cpu, features, codegenLevel, relocationModel, ...codegenOptions]
    const key = `${hash('sha1', text)} ${what.join('\0')}`
    const known = kept.get(key)
    const measured = known ?? measure(emitted(request, text, spent), spent)
    if (known === undefined && measured.object.length <= KEPT_BYTES) {
      kept.set(key, measured)
      if (kept.size > KEPT_OBJECTS) kept.delete(kept.keys().next().value ?? '')
    }
    if (request.want === 'build')
      return { ...measured, ir: opt ? text : (modules.bytes(request.input) ?? text) }
    const { sizes, instructions, contentHash } = measured
    return { sizes, instructions, contentHash }
  }

  const asItIs = (request: MakeRequest): Uint8Array => {
    const bytes = modules.bytes(request.input)
    if (bytes === undefined || isBitcode(bytes)) throw new Unmade('no text')
    return withDataLayout(bytes, request.dataLayout)
  }

  return {
    make: request => answered(spent => make(request, spent)),
    measure({ object }) {
      return answered(spent => {
        const { object: _, ...measured } = measure(object, spent)
        return measured
      })
    },
  }
}

type Result = Omit<Extract<Made, { state: 'made' }>, 'state' | 'spent' | 'seconds'>

/** The answer with its times, or why there is none. */
function answered(work: (spent: Spent) => Result): Made {
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  const spent: Spent = { parse: 0, clone: 0, passes: 0, print: 0, reparse: 0, emit: 0, count: 0 }
  try {
    return { state: 'made', ...work(spent), spent, seconds: seconds() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const state = error instanceof Unmade ? error.state : 'elsewhere'
    return { state, message, seconds: seconds() }
  }
}

/** Why there is no object; thrown from any depth of one candidate's work. */
class Unmade extends Error {
  readonly state: 'bad-passes' | 'elsewhere'
  constructor(why: string, state: 'bad-passes' | 'elsewhere' = 'elsewhere') {
    super(why)
    this.state = state
  }
}

function timed<T>(spent: Spent, what: keyof Spent, work: () => T): T {
  const started = performance.now()
  try {
    return work()
  } finally {
    spent[what] += performance.now() - started
  }
}

const machineArgs = ({ cpu, features }: MakeRequest): string[] => [
  `-mcpu=${cpu}`,
  ...(features === '' ? [] : [`-mattr=${features}`]),
]
