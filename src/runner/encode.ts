/** Jobs as the runner reads them: lines of words (src/runner/native/job.c lists them). Pure. */
import type { Signature } from '../kernel/signature.ts'
import type { RunnerJob } from './protocol.ts'

/** The text of one job. `number` stands for its id, which may be any text; answers carry it. */
export function encodeJob(job: RunnerJob, number: number): string {
  const { signature } = job
  const head = ['job', job.kind, number, natural(job.seed), natural(job.limitMs)]
  const lines = [
    [...head, signature.flushDenormals ? 1 : 0, ...signature.workgroups.map(natural)],
    ...argumentLines(signature),
  ]
  if (job.kind === 'verify') {
    for (const r of job.references)
      lines.push(['ref', word(r.function), r.rounding, r.perturb, r.probe, r.role])
    for (const c of job.candidates) lines.push(['cand', word(c.function), c.semantics])
    if (job.trials === 'exhaustive') lines.push(['exhaustive'])
    else for (const kind of job.trials) lines.push(['trial', kind])
  } else {
    for (const id of job.functions) lines.push(['fun', word(id)])
    lines.push([
      'plan',
      natural(job.processes),
      natural(job.pairs),
      natural(job.minSampleNs),
      natural(job.cold ?? 0),
      natural(job.leastCrowding ?? 0),
    ])
  }
  return `${[...lines, ['end']].map(words => words.join(' ')).join('\n')}\n`
}

function argumentLines(signature: Signature): (string | number)[][] {
  // Slots are any numbers; the runner wants small ones.
  const slots = [...new Set(signature.arguments.map(argument => argument.slot))]
  return signature.arguments.map(({ role, dtype, bytes, slot, name, shape }) => [
    'arg',
    role,
    dtype,
    natural(bytes),
    slots.indexOf(slot),
    name.replace(/[^\w.%-]/g, '_').slice(0, 60) || '_',
    ...shape.slice(0, 64).map(natural),
  ])
}

function natural(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} is not a natural number`)
  return value
}

function word(id: string): string {
  if (!/^\w+$/.test(id)) throw new Error(`'${id}' cannot be a function's id`)
  return id
}
