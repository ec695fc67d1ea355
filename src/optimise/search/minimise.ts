/** Leaves out of a candidate what does not matter, so that a reader sees what did. */
import { type PassList, requiredOf } from '../../llvm/passes/grammar.ts'
import type { Candidate } from './space/candidate.ts'

const MOST_TRIES = 400

/** Whether what is left still does what it should; asked one after another, so that equal answers give equal results. */
export type StillGood = (candidate: Candidate) => Promise<boolean>

/**
 * The candidate with ever less of it while `good` says yes: settings, stretches of passes, single passes, parameters.
 * A whole pipeline gives way to its passes first, where these do as well. At most `tries` questions.
 */
export async function minimise(
  start: Candidate,
  pipelines: ReadonlyMap<string, PassList>,
  good: StillGood,
  tries = MOST_TRIES,
): Promise<Candidate> {
  let current = start
  let asked = 0
  const attempt = async (next: Candidate): Promise<boolean> => {
    if (asked >= tries) return false
    asked++
    if (!(await good(next))) return false
    current = next
    return true
  }
  for (const name of ['without', 'codegenOptions', 'attributes'] as const)
    for (const word of start[name])
      await attempt({ ...current, [name]: current[name].filter(one => one !== word) })
  for (const [i, step] of start.passes.entries()) {
    const passes = step.name === 'default' ? pipelines.get(step.parameters) : undefined
    if (passes !== undefined && current.passes[i] === step)
      await attempt({ ...current, passes: current.passes.toSpliced(i, 1, ...passes) })
  }
  for (let size = Math.ceil(start.passes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = current.passes.length - size; at > -size; at -= size) {
      const from = Math.max(0, at)
      const count = size + Math.min(0, at)
      if (count > 0) await attempt({ ...current, passes: current.passes.toSpliced(from, count) })
    }
  for (const [i, step] of current.passes.entries())
    if (step.parameters !== '' && step.parameters !== requiredOf(step) && !WHOLE.has(step.name))
      await attempt({
        ...current,
        passes: current.passes.with(i, { ...step, parameters: requiredOf(step) }),
      })
  return current
}

/** Whole pipelines and analyses are nothing but their parameters. */
const WHOLE = new Set(['default', 'function-simplification', 'require', 'invalidate'])
