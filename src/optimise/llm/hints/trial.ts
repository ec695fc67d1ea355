/** Tries hints: each alone on top of the level it competes with, built, judged and measured. */
import { type BuildRequest, buildHash } from '../../../kernel/build.ts'
import type { Comparison } from '../../../measure/statistics.ts'
import { putBuild, putProposal } from '../../../store/builds/builds.ts'
import { write } from '../../../store/open.ts'
import { type HintState, type StoredHint, settleHint } from '../../../store/proposers/hints.ts'
import { cached } from '../../../store/statements.ts'
import { levelSettings } from '../../opt/levels.ts'
import { type KernelRecipe, kernelBuild } from '../../source.ts'
import { judged } from '../../verdicts.ts'
import { judgeBuilds } from '../session.ts'
import type { Session, Task } from '../strategy.ts'
import type { HintSpace } from './hint.ts'
import { HINT_LEVEL } from './suggest.ts'
import { timesBeside } from './time.ts'

/** Of which proposer a tried hint's build is. */
const PROPOSER = { llm: 'hints', random: 'hints-random' } as const

interface Tried {
  readonly hint: StoredHint
  readonly build: string
}

/** Tries those that were not tried yet. A pass runs after the level's own; a flag or attribute is added to the level's. */
export async function tryHints(
  task: Task,
  hints: readonly StoredHint[],
  space: HintSpace,
  session: Session,
): Promise<void> {
  const untried = hints.filter(({ state }) => state === 'untried')
  if (untried.length === 0) return
  const level = HINT_LEVEL[session.options.metric]
  const base: KernelRecipe = { ...levelSettings(session.toolchain, level), codegenOptions: [] }
  const baseline = await make(task, base, { proposer: `opt:${level}` }, session)
  const tried: Tried[] = []
  for (const hint of untried) {
    session.signal.throwIfAborted()
    const recipe = withHint(base, hint, space)
    if ('problem' in recipe) {
      settleHint(session.store, hint.id, { state: 'invalid', reason: recipe.problem })
      continue
    }
    const proposal = { proposer: PROPOSER[hint.source], parameters: { hint: hint.id } }
    const made = await make(task, recipe, proposal, session)
    if (made.state === 'ok') tried.push({ hint, build: made.build })
    else settleHint(session.store, hint.id, { state: 'invalid', reason: made.message, build: made.build })
  }
  await judgeBuilds(task, new Set(tried.map(({ build }) => build)), session)
  const passed = [...new Set(tried.map(({ build }) => build))].filter(
    build => judged(build, session) === 'passed',
  )
  const times =
    session.options.metric === 'time' ? await timesBeside(task, baseline.build, passed, session) : undefined
  for (const { hint, build } of tried)
    settleHint(session.store, hint.id, { build, ...outcome(build, baseline.build, times, session) })
}

/** What a level becomes with a hint, or why the hint says nothing that can be done. */
function withHint(
  base: KernelRecipe,
  hint: StoredHint,
  space: HintSpace,
): KernelRecipe | { problem: string } {
  const { tryText: text } = hint
  switch (hint.tryKind) {
    case 'pass': {
      const list = space.passList(text)
      return typeof list === 'string' ? { ...base, passes: `${base.passes},${list}` } : list
    }
    case 'flag': {
      const flag = space.tries.flag.find(known => known.replace(/^-+/, '') === text.replace(/^-+/, ''))
      return flag === undefined
        ? { problem: `${text.slice(0, 60)} is no flag that is tried` }
        : { ...base, codegenOptions: [flag] }
    }
    default:
      return space.tries.attribute.includes(text)
        ? { ...base, attributes: [...new Set([...base.attributes, text])].sort() }
        : { problem: `${text.slice(0, 60)} is no attribute that is tried` }
  }
}

async function make(
  task: Task,
  recipe: KernelRecipe,
  proposal: { readonly proposer: string; readonly parameters?: Readonly<Record<string, unknown>> },
  { store, toolchain, builder, signal }: Session,
): Promise<{ readonly build: string; readonly state: 'ok' | 'broken'; readonly message: string }> {
  const { request, input } = await kernelBuild(task.kernel, { store, toolchain, target: task.target }, recipe)
  const build = buildHash(request satisfies BuildRequest)
  const known = cached(store, 'SELECT state, reason FROM build WHERE hash = ?').get(build) as
    | { state: 'ok' | 'broken'; reason: string | null }
    | undefined
  const result = known === undefined ? await builder.build(request, input, { signal }) : undefined
  write(store, () => {
    if (result !== undefined) putBuild(store, request, result)
    putProposal(store, { kernel: task.kernel.hash, targetId: task.targetId, build, ...proposal })
  })
  const message = result?.state === 'broken' ? `${result.step}: ${result.message}` : (known?.reason ?? '')
  return { build, state: result?.state ?? known?.state ?? 'broken', message }
}

interface Outcome {
  readonly state: HintState
  readonly reason?: string
  readonly sizeRatio?: number
  readonly timeRatio?: number
}

/** Confirmed: judged equal to the kernel, and smaller than the level alone, or surely faster where time counts. */
function outcome(
  build: string,
  baseline: string,
  times: ReadonlyMap<string, Comparison> | undefined,
  session: Session,
): Outcome {
  const verdict = judged(build, session)
  if (verdict === 'refuted' || verdict === 'broken')
    return { state: 'refuted', reason: `the judge: ${verdict}` }
  const size = (hash: string): number =>
    cached(session.store, 'SELECT code_bytes FROM build WHERE hash = ?').pluck().get(hash) as number
  const sizeRatio = size(build) / size(baseline)
  if (verdict === 'undecided') return { state: 'no-gain', reason: 'the judge cannot decide', sizeRatio }
  if (times === undefined) return { state: sizeRatio < 1 ? 'confirmed' : 'no-gain', sizeRatio }
  const time = times.get(build)
  if (time === undefined) return { state: 'no-gain', reason: 'the same code, or not measurable', sizeRatio }
  const figures = { sizeRatio, timeRatio: time.ratio }
  return time.state === 'faster'
    ? { state: 'confirmed', ...figures }
    : { state: 'no-gain', reason: time.state, ...figures }
}
