/** The stage: makes the builds that proposers suggest and the store lacks. Killed anywhere, it goes on from there. */
import { usageError } from '../errors.ts'
import { buildHash, type Target } from '../kernel/build.ts'
import { forAll, type Lanes } from '../lanes/lanes.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { progress } from '../log.ts'
import { clearAttempt, givenUp, recordAttempt } from '../store/attempts.ts'
import {
  buildState,
  type KernelInput,
  proposedSamples,
  putBuild,
  putProposal,
  putTarget,
  selectKernels,
} from '../store/builds/builds.ts'
import { type Store, write } from '../store/open.ts'
import type { Explorer, ExploreServices, Proposer } from './proposer.ts'
import { type Opening, openServices } from './services.ts'
import { newTally, note, type Tally } from './tally.ts'

export interface OptimiseRequest extends Opening {
  readonly proposers: readonly (Proposer | Explorer)[]
  readonly targets: readonly Target[]
  readonly filter?: string | undefined
}

export interface OptimiseServices {
  readonly store: Store
  readonly toolchain: Toolchain
  readonly lanes: Lanes
  readonly signal: AbortSignal
}

interface Task {
  readonly kernel: KernelInput
  readonly proposer: Proposer
  readonly sample: number
  readonly target: Target
  readonly targetId: number
  readonly tally: Tally
}

/** Runs the pending work and says what became of it. Throws a usage error for a pass list LLVM refuses. */
export async function optimise(request: OptimiseRequest, services: OptimiseServices): Promise<Tally[]> {
  const { store, toolchain, lanes, signal } = services
  const simple = request.proposers.filter(proposer => 'propose' in proposer)
  const explorers = request.proposers.filter(proposer => 'explore' in proposer)
  for (const proposer of simple) {
    const problem = await proposer.problem?.(toolchain)
    if (problem !== undefined) throw usageError(`${proposer.name}: ${problem}`)
  }
  const kernels = selectKernels(store, request.filter)
  const tallies: Tally[] = []
  const tasks: Task[] = []
  for (const target of request.targets) {
    const targetId = putTarget(store, target)
    for (const proposer of simple) {
      const known = proposedSamples(store, proposer, targetId, toolchain.version)
      const tally = newTally(proposer.name, target.name)
      tallies.push(tally)
      for (const kernel of kernels)
        for (let sample = 0; sample < (proposer.samples ?? 1); sample++)
          if (known.has(`${kernel.hash} ${sample}`)) tally.known++
          else tasks.push({ kernel, proposer, sample, target, targetId, tally })
    }
  }
  if (tasks.length === 0 && explorers.length === 0) return tallies
  const { services: opened, close } = await openServices(services, request)
  const shown = progress('builds', tasks.length)
  try {
    await forAll(lanes, tasks, signal, async task => {
      await runTask(task, opened)
      shown.failures(tallies.reduce((sum, { broken, failed }) => sum + broken + failed, 0))
      shown.step(`${task.proposer.name} ${task.kernel.name}`)
    })
    shown.done()
    for (const target of request.targets)
      for (const explorer of explorers) tallies.push(await explorer.explore(kernels, target, opened))
  } finally {
    shown.done()
    await close()
  }
  return tallies
}

async function runTask(task: Task, services: ExploreServices): Promise<void> {
  const { kernel, proposer, sample, target, targetId, tally } = task
  const { store, builder, signal } = services
  const key = {
    stage: 'optimise',
    subject: kernel.hash,
    detail: `${proposer.name}${sample > 0 ? ` ${sample}` : ''} for ${target.name}`,
  } as const
  if (givenUp(store, key)) {
    note(tally, 'failed', 'a limit ended it three times')
    return
  }
  const proposed = await proposer.propose(kernel, { ...services, target }, sample)
  if (proposed.state === 'none') {
    note(tally, 'none', proposed.why)
    return
  }
  const build = buildHash(proposed.request)
  const { parameters } = proposer
  const proposal = {
    ...{ kernel: kernel.hash, targetId, proposer: proposer.name, build, sample },
    ...(parameters && { parameters }),
  }
  if (buildState(store, build) !== undefined) {
    putProposal(store, proposal)
    tally.known++
    return
  }
  const result = await builder.build(proposed.request, proposed.input, { signal })
  if (result.state === 'broken' && result.unclear) {
    recordAttempt(store, { ...key, fault: 'unclear', reason: `${result.step}: ${result.message}` })
    note(tally, 'failed', `${result.step}: ${result.message}`)
    return
  }
  write(store, () => {
    putBuild(store, proposed.request, result)
    putProposal(store, { ...proposal, seconds: result.seconds })
    clearAttempt(store, key)
  })
  if (result.state === 'ok') tally.made++
  else note(tally, 'broken', `${result.step}: ${result.message}`)
}
