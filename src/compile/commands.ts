/** The command lines of a build: a pure function of what is built, so that anyone can repeat them by hand. */
import type { BuildRequest } from '../kernel/build.ts'
import { dataLayout } from '../llvm/targets.ts'

/** One program of a build. Files are called IN, MID and OUT in its working directory, so the line runs as it stands. */
export interface Step {
  readonly tool: 'opt' | 'llc'
  readonly args: readonly string[]
}

/**
 * All builds are position independent: such code links into static executables with and without a fixed address, and
 * is what every system's compiler makes by default.
 */
export const RELOCATION_MODEL = 'pic'

/**
 * `opt`, unless text goes to the code generator as it is, then `llc`. Both are given triple, CPU and features; the
 * triple and data layout of the input give way to the target's. Attributes are added by LLVM's own `forceattrs`, so
 * `passes` must be a list of module passes where there are any.
 */
export function buildSteps(request: BuildRequest, isBitcode: boolean): Step[] {
  const { target } = request
  const machine = [`-mtriple=${target.triple}`, `-mcpu=${target.cpu}`]
  if (target.features !== '') machine.push(`-mattr=${target.features}`)
  const asItIs = request.passes === '' && request.attributes.length === 0
  const llc = [...machine, `-relocation-model=${RELOCATION_MODEL}`, `-O${request.codegenLevel}`]
  const generate = (input: string): Step => ({
    tool: 'llc',
    args: [...llc, ...request.codegenOptions, '-filetype=obj', input, '-o', 'OUT'],
  })
  if (asItIs && !isBitcode) return [generate('IN')]
  return [{ tool: 'opt', args: [...machine, ...optArgs(request)] }, generate('MID')]
}

function optArgs(request: BuildRequest): string[] {
  for (const attribute of request.attributes)
    if (!/^\w+$/.test(attribute)) throw new Error(`forceattrs takes no attribute like ${attribute}`)
  const passes = [...(request.attributes.length > 0 ? ['forceattrs'] : []), request.passes].filter(
    p => p !== '',
  )
  return [
    `-data-layout=${dataLayout(request.target)}`,
    ...(passes.length > 0 ? [`-passes=${passes.join(',')}`] : []),
    ...request.attributes.map(attribute => `-force-attribute=${attribute}`),
    ...['-S', 'IN', '-o', 'MID'],
  ]
}

/** A step as a shell takes it. */
export const commandLine = (step: Step): string => [step.tool, ...step.args].map(quote).join(' ')

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
