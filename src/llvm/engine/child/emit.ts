/** What `llc` does: text to an object in memory. */
import type { Spent } from '../protocol.ts'
import type { Api, Out } from './api.ts'
import type { Candidate, Machines, SetTarget } from './machines.ts'
import { isReread, type Options } from './options.ts'
import { timed, Unmade } from './spent.ts'

/**
 * The object of a text. It is read again even where it was in memory: the order of uses, which code depends on, is
 * that of the text. Throws Unmade.
 */
export type Emitter = (request: Candidate, text: Uint8Array, spent: Spent) => Uint8Array

const OBJECT_FILE = 1
const CODE_MODEL = 'Code Model'

/** Throws if the library does not export what is needed. */
export function openEmitter(
  api: Api,
  parts: { options: Options; machines: Machines; setTarget: SetTarget },
): Emitter {
  const { lib } = api
  const { options, machines, setTarget } = parts
  const setTriple = lib.func('void LLVMSetTarget(void *, const char *)')
  const moduleFlag = lib.func('void *LLVMGetModuleFlag(void *, const char *, size_t)')
  const emit = lib.func(
    'int LLVMTargetMachineEmitToMemoryBuffer(void *, void *, int, _Out_ void **, _Out_ void **)',
  )

  const machineFor = (request: Candidate) => {
    const { target, codegenLevel: level, relocationModel, codegenOptions } = request
    if (!isReread(codegenOptions)) throw new Unmade('its options may leave something behind')
    const args = [`-relocation-model=${relocationModel}`, ...codegenOptions]
    const machine = machines.get({ target, level, args })
    // What forceattrs was told may stay: nothing here reads it.
    const mayStay = request.opt !== undefined && codegenOptions.length === 0
    if (machine === undefined || !(mayStay || options.set(codegenOptions)))
      throw new Unmade('its options are not taken')
    return machine
  }

  return (request, text, spent) => {
    const machine = timed(spent, 'options', () => machineFor(request))
    const context = timed(spent, 'reparse', () => api.createContext())
    try {
      // Modules without a name of their own are called as their file: so is a symbol in the object.
      const parsed = timed(spent, 'reparse', () => api.parse(context, text, request.opt ? 'MID' : 'IN'))
      if ('message' in parsed) throw new Unmade('it does not parse')
      const { module } = parsed
      setTriple(module, request.target.triple)
      if (moduleFlag(module, CODE_MODEL, CODE_MODEL.length) !== null)
        throw new Unmade('it chooses its own code model')
      if (request.opt === undefined && api.verify(module) !== undefined)
        throw new Unmade('it does not verify')
      timed(spent, 'reparse', () => setTarget(module, request.target))
      const message: Out = [null]
      const buffer: Out = [null]
      if (timed(spent, 'emit', () => emit(machine, module, OBJECT_FILE, message, buffer)) !== 0)
        throw new Unmade(api.takeMessage(message[0]))
      return api.takeBuffer(buffer[0])
    } finally {
      timed(spent, 'reparse', () => api.disposeContext(context))
    }
  }
}
