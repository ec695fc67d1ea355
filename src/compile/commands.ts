/** The command lines of a build: a pure function of what is built, so that anyone can repeat them by hand. */
import type { BuildRequest, Target } from '../kernel/build.ts'
import { dataLayout } from '../llvm/targets.ts'

/**
 * One step of a build: a program, or a list of attributes written to a file. Files are called IN, ATTRS, MID and OUT
 * in the working directory, so that the line runs as it stands.
 */
export type Step = Program | AttributeList
export interface Program {
  readonly tool: 'opt' | 'llc'
  readonly args: readonly string[]
}
export interface AttributeList {
  readonly tool: 'printf'
  readonly lines: readonly string[]
}

/**
 * All builds are position independent: such code links into static executables with and without a fixed address, and
 * is what every system's compiler makes by default.
 */
export const RELOCATION_MODEL = 'pic'

/**
 * `opt`, unless text goes to the code generator as it is, then `llc`. Both are given triple, CPU and features; the
 * triple and data layout of the input give way to the target's. Attributes are added by LLVM's own `forceattrs`, so
 * `passes` must be a list of module passes where there are any; those with a value (`prefer-vector-width=128`) stand
 * in its file, for each of `functions`: the names the input defines. Throws for what LLVM would silently ignore.
 */
export function buildSteps(
  request: BuildRequest,
  isBitcode: boolean,
  functions: readonly string[] = [],
): Step[] {
  const { target } = request
  const machine = [`-mtriple=${target.triple}`, ...machineArgs(target)]
  const llc = [...machine, `-relocation-model=${RELOCATION_MODEL}`, `-O${request.codegenLevel}`]
  const generate = (input: string): Step => ({
    tool: 'llc',
    args: [...llc, ...codegenOptions(request), '-filetype=obj', input, '-o', 'OUT'],
  })
  if (goesAsItIs(request) && !isBitcode) return [generate('IN')]
  const { forced, valued } = splitAttributes(request)
  const lines = functions.flatMap(name => valued.map(attribute => `${name},${attribute}`))
  return [
    ...(valued.length > 0 ? [{ tool: 'printf', lines } as const] : []),
    { tool: 'opt', args: [...machine, ...optArgs(request, forced, valued.length > 0)] },
    generate('MID'),
  ]
}

/** What both programs are told of the target besides its triple. */
export const machineArgs = ({ cpu, features }: Target): string[] =>
  features === '' ? [`-mcpu=${cpu}`] : [`-mcpu=${cpu}`, `-mattr=${features}`]

/** Whether there is nothing for `opt` to do; bitcode it writes out as text all the same. */
export const goesAsItIs = (request: BuildRequest): boolean =>
  request.passes === '' && request.attributes.length === 0

/** Attributes that are words, and those that have a value. */
export function splitAttributes({ attributes }: BuildRequest): { forced: string[]; valued: string[] } {
  for (const attribute of attributes)
    if (!/^\w+$/.test(attribute) && !/^[\w.-]+=[\w.+-][\w.,+-]*$/.test(attribute))
      throw new Error(`forceattrs takes no attribute like ${attribute}`)
  return {
    forced: attributes.filter(attribute => !attribute.includes('=')),
    valued: attributes.filter(attribute => attribute.includes('=')),
  }
}

/** The code generator's own options; anything that is no option, or has a path, is a bug of the caller. */
export function codegenOptions({ codegenOptions }: BuildRequest): readonly string[] {
  for (const option of codegenOptions)
    if (!/^-{1,2}[a-z][\w-]*(=[\w.,:+-]*)?$/i.test(option))
      throw new Error(`llc takes no option like ${option}`)
  return codegenOptions
}

function optArgs(request: BuildRequest, forced: readonly string[], isListed: boolean): string[] {
  const first = request.attributes.length > 0 ? ['forceattrs'] : []
  const passes = [...first, request.passes].filter(p => p !== '')
  return [
    `-data-layout=${dataLayout(request.target)}`,
    ...(passes.length > 0 ? [`-passes=${passes.join(',')}`] : []),
    ...(isListed ? ['-forceattrs-csv-path=ATTRS'] : []),
    ...forced.map(attribute => `-force-attribute=${attribute}`),
    ...['-S', 'IN', '-o', 'MID'],
  ]
}

/** A step as a shell takes it. */
export const commandLine = (step: Step): string =>
  step.tool === 'printf'
    ? `${['printf', '%s\\n', ...step.lines].map(quote).join(' ')} > ATTRS`
    : [step.tool, ...step.args].map(quote).join(' ')

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
