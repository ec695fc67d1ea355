/** What `opt` does: a clone of the parsed module, attributes, passes, text. */
import type { MakeRequest, Spent } from '../protocol.ts'
import type { Api, Pointer } from './api.ts'
import type { Candidate, Machines, SetTarget } from './machines.ts'
import type { Modules } from './modules.ts'
import type { Options } from './options.ts'
import { timed, Unmade } from './spent.ts'

/** The text `opt -S` writes. Throws Unmade. */
export type Optimiser = (request: Candidate, opt: NonNullable<MakeRequest['opt']>, spent: Spent) => Uint8Array

/** `opt` makes its target machine without optimisation: it is only asked for costs. */
const OPT_LEVEL = 0
const FUNCTION_INDEX = 0xffffffff

/** Throws if the library does not export what is needed. */
export function openOptimiser(
  api: Api,
  parts: { options: Options; machines: Machines; modules: Modules; setTarget: SetTarget },
): Optimiser {
  const { lib } = api
  const { options, machines, modules, setTarget } = parts
  const clone = lib.func('void *LLVMCloneModule(void *)')
  const disposeModule = lib.func('void LLVMDisposeModule(void *)')
  const builderOptions = lib.func('void *LLVMCreatePassBuilderOptions()')() as Pointer
  const runPasses = lib.func('void *LLVMRunPasses(void *, const char *, void *, void *)')
  const errorMessage = lib.func('void *LLVMGetErrorMessage(void *)')
  const print = lib.func('void *LLVMPrintModuleToString(void *)')
  const length = lib.func('size_t strlen(const void *)')
  const contextOf = lib.func('void *LLVMGetModuleContext(void *)')
  const stringAttribute = lib.func(
    'void *LLVMCreateStringAttribute(void *, const char *, uint32_t, const char *, uint32_t)',
  )
  const addAttribute = lib.func('void LLVMAddAttributeAtIndex(void *, uint32_t, void *)')
  const firstFunction = lib.func('void *LLVMGetFirstFunction(void *)')
  const nextFunction = lib.func('void *LLVMGetNextFunction(void *)')
  const isDeclaration = lib.func('int LLVMIsDeclaration(void *)')

  /** As `forceattrs` does with its list: on every function defined, over what is there. */
  const addStrings = (module: Pointer, strings: readonly (readonly [string, string])[]): void => {
    const context = contextOf(module)
    const attributes = strings.map(([name, value]) =>
      stringAttribute(context, name, Buffer.byteLength(name), value, Buffer.byteLength(value)),
    )
    for (let f: Pointer = firstFunction(module); f !== null; f = nextFunction(f))
      if (isDeclaration(f) === 0)
        for (const attribute of attributes) addAttribute(f, FUNCTION_INDEX, attribute)
  }

  const run = (module: Pointer, machine: Pointer, passes: string): void => {
    const error = runPasses(module, passes, machine, builderOptions) as Pointer
    if (error !== null) throw new Unmade(api.takeMessage(errorMessage(error)), 'bad-passes')
  }

  return (request, { passes, forced, strings }, spent) => {
    const wish = { target: request.target, level: OPT_LEVEL, args: [] } as const
    const machine = timed(spent, 'options', () => machines.get(wish))
    if (machine === undefined) throw new Unmade('its target is not known here')
    const base = timed(spent, 'parse', () => modules.get(request.input, request.target))
    if (base === undefined) throw new Unmade('it does not parse or verify')
    const args = forced.map(attribute => `-force-attribute=${attribute}`)
    if (!timed(spent, 'options', () => options.set(args))) throw new Unmade('its attributes are not taken')
    base.clones++
    const module = timed(spent, 'clone', () => clone(base.module) as Pointer)
    try {
      timed(spent, 'clone', () => setTarget(module, request.target))
      if (strings.length > 0) addStrings(module, strings)
      const all = [...(forced.length > 0 ? ['forceattrs'] : []), passes].filter(part => part !== '')
      if (all.length > 0) timed(spent, 'passes', () => run(module, machine, all.join(',')))
      if (timed(spent, 'passes', () => api.verify(module)) !== undefined)
        throw new Unmade('what the passes made does not verify')
      return timed(spent, 'print', () => {
        const text = print(module) as Pointer
        const bytes = api.copyBytes(text, Number(length(text)))
        api.disposeMessage(text)
        return bytes
      })
    } finally {
      timed(spent, 'clone', () => disposeModule(module))
    }
  }
}
