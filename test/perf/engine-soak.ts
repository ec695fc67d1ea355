/**
 * 100,000 candidates in one run, a hundred of which crash LLVM: memory of workers and of this process, open files, and
 * whether each candidate has its own answer and no other.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { openBuilder, type Trial } from '../../src/compile/builder.ts'
import { ensureToolchain } from '../../src/llvm/toolchain.ts'
import { irFiles } from '../dumps.ts'
import { candidates, runAll } from './engine.ts'

/** One crash in so many. */
const CRASH_EVERY = 780
const ROUNDS = 20
/** Growth between the second round and the last that still counts as flat. */
const FLAT = 1.15

export async function soak(count: number): Promise<boolean> {
  const toolchain = await ensureToolchain()
  const small = irFiles('tensorflow-2.21')
    .filter(({ name, text }) => name.endsWith('.ir-no-opt.ll') && text.length < 6000)
    .map(({ text }) => Buffer.from(text))
  const round = await candidates(toolchain, small, Math.ceil(count / ROUNDS / small.length))
  const builder = await openBuilder(toolchain)
  const first: Trial[] = []
  const samples: { own: number; workers: number; files: number }[] = []
  let done = 0
  let crashed = 0
  let wrong = 0
  for (let n = 0; n < ROUNDS; n++) {
    const all = round.map((candidate, i) =>
      (n * round.length + i) % CRASH_EVERY === CRASH_EVERY - 1
        ? { ...candidate, request: { ...candidate.request, passes: 'function(trigger-crash-function)' } }
        : candidate,
    )
    const { seconds, trials } = await runAll(builder, all, 8)
    for (const [i, trial] of trials.entries()) {
      done++
      const crash = all[i] !== round[i]
      if (crash) {
        crashed++
        if (trial.state !== 'broken' || 'unclear' in trial) wrong++
      } else {
        const known = first[i]
        if (known === undefined) first[i] = trial
        else if (answer(known) !== answer(trial)) wrong++
      }
    }
    const sample = { own: ownMiB(), workers: workersMiB(), files: readdirSync('/proc/self/fd').length }
    samples.push(sample)
    console.log(
      `${done} candidates, ${(all.length / seconds).toFixed(0)}/s; ${crashed} crashes; here ${sample.own.toFixed(0)} MiB, largest worker ${sample.workers.toFixed(0)} MiB, ${sample.files} files open`,
    )
  }
  await builder.close()
  const [, second] = samples
  const last = samples.at(-1)
  const flat =
    second !== undefined &&
    last !== undefined &&
    last.own <= second.own * FLAT + 20 &&
    last.workers <= second.workers * FLAT + 20 &&
    last.files <= second.files + 4
  const whole = done >= count && crashed >= count / 1000 && wrong === 0
  console.log(
    `${done} answers, ${crashed} crashes, ${wrong} wrong; memory and files ${flat ? 'flat' : 'GREW'}`,
  )
  return whole && flat
}

const answer = (trial: Trial): string => {
  const { seconds: _, ...rest } = trial
  return JSON.stringify('spent' in rest ? { ...rest, spent: 0 } : rest)
}

const rss = (pid: number | 'self'): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function ownMiB(): number {
  globalThis.gc?.()
  return rss('self')
}

/** The largest of our children. */
function workersMiB(): number {
  const children = readdirSync('/proc/self/task').flatMap(task =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return Math.max(0, ...children.map(pid => rss(Number(pid))))
}
