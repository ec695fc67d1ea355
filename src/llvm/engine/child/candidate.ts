/** Makes one build in this process, step by step as `opt` and `llc` do, and measures it in memory. */
import { hash } from 'node:crypto'
import { contentHash, isCode, parseObject, sizesOf, undefinedSymbols } from '../../object/object.ts'
import { isBitcode } from '../../reading/bitcode.ts'
import type { Made, MakeRequest, MeasureRequest, Spent } from '../protocol.ts'
import type { Api } from './api.ts'
import type { InstructionCounter } from './disassembler.ts'
import { openEmitter } from './emit.ts'
import { type Candidate, type KnownTarget, openMachines, openSetTarget } from './machines.ts'
import { openMemo } from './memo.ts'
import { openModules, withDataLayout } from './modules.ts'
import { openOptimiser } from './optimise.ts'
import { openOptions } from './options.ts'
import { nothingSpent, timed, Unmade } from './spent.ts'

export interface Maker {
  make(request: MakeRequest): Made
  measure(request: MeasureRequest): Made
}

type Result = Omit<Extract<Made, { state: 'made' }>, 'state' | 'spent' | 'seconds'>
type Measured = Result & { readonly object: Uint8Array }

/** Objects kept for IR or code that comes again, and the largest that is. */
const KEPT_OBJECTS = 512
const KEPT_BYTES = 1 << 16

/** Throws if the library does not export what is needed. */
export function openMaker(api: Api, count: InstructionCounter): Maker {
  const options = openOptions(api.lib)
  const machines = openMachines(api.lib, options)
  const parts = { options, machines, setTarget: openSetTarget(api.lib) }
  const modules = openModules(api)
  const optimised = openOptimiser(api, { ...parts, modules })
  const emitted = openEmitter(api, parts)
  const isSmall = ({ object }: Measured): boolean => object.length <= KEPT_BYTES
  const ofText = openMemo(KEPT_OBJECTS, isSmall)
  // Half of all new texts of a search come to code that is known.
  const ofObject = openMemo(KEPT_OBJECTS, isSmall)

  const measured = (object: Uint8Array, spent: Spent): Measured =>
    ofObject.get(hash('sha1', object), () => measuredAnew(object, spent))

  const measuredAnew = (object: Uint8Array, spent: Spent): Measured => {
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

  const textAsItIs = (request: Candidate): Uint8Array => {
    const bytes = modules.bytes(request.input)
    if (bytes === undefined || isBitcode(bytes)) throw new Unmade('it is no text')
    return withDataLayout(bytes, request.target.dataLayout)
  }

  let target: KnownTarget | undefined
  const make = (asked: MakeRequest, spent: Spent): Result => {
    if (asked.target !== undefined) target = machines.know(asked.target)
    if (target === undefined) throw new Unmade('it says no target')
    const request = { ...asked, target }
    for (const input of request.forget ?? []) modules.forget(input)
    if (request.bytes !== undefined) modules.add(request.input, request.bytes)
    const { opt } = request
    const text = opt ? optimised(request, opt, spent) : textAsItIs(request)
    const result = ofText.get(emissionKey(request, text), () =>
      measured(emitted(request, text, spent), spent),
    )
    if (request.want === 'build') return { ...result, ir: opt ? text : modules.bytes(request.input) }
    const { sizes, instructions, contentHash } = result
    return { sizes, instructions, contentHash }
  }

  return {
    make: request => answered(spent => make(request, spent)),
    measure: ({ object }) =>
      answered(spent => {
        const { object: _, ...measures } = measured(object, spent)
        return measures
      }),
  }
}

/** All that an object follows from. */
function emissionKey(request: Candidate, text: Uint8Array): string {
  const { target, codegenLevel, relocationModel, codegenOptions } = request
  const settings = [target.id, codegenLevel, relocationModel, ...codegenOptions]
  return `${hash('sha1', text)} ${settings.join('\0')}`
}

/** The answer with its times, or why there is none. */
function answered(work: (spent: Spent) => Result): Made {
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  const spent = nothingSpent()
  try {
    return { state: 'made', ...work(spent), spent, seconds: seconds() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const state = error instanceof Unmade ? error.state : 'elsewhere'
    return { state, message, seconds: seconds() }
  }
}
