/** Where work runs: a wide lane for what may share the machine, and a quiet lane of one for what must not. */
import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'

export interface Lanes {
  /** Work that may run beside other work, at most one task a core. */
  wide<T>(task: () => Promise<T>): Promise<T>
  /** Timing and inference: waits until the wide lane is empty and keeps it so. */
  quiet<T>(task: () => Promise<T>): Promise<T>
}

/** Runs every item in the wide lane, and yields to `each` as they finish; stops starting new ones on abort. */
export async function forAll<T>(
  lanes: Lanes,
  items: Iterable<T>,
  signal: AbortSignal | undefined,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = []
  for (const item of items)
    running.push(
      lanes.wide(async () => {
        if (!signal?.aborted) await each(item)
      }),
    )
  const outcomes = await Promise.allSettled(running)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  signal?.throwIfAborted()
}

/** Lanes for work on another machine: what is quiet there runs one at a time, and need not wait for this one. */
export function lanesElsewhere({ wide }: Lanes): Lanes {
  const quiet = new PQueue({ concurrency: 1 })
  return { wide, quiet: task => quiet.add(task) }
}

export function createLanes(concurrency: number = availableParallelism()): Lanes {
  const wide = new PQueue({ concurrency })
  const quiet = new PQueue({ concurrency: 1 })
  return {
    wide: task => wide.add(task),
    quiet: task =>
      quiet.add(async () => {
        wide.pause()
        try {
          await wide.onPendingZero()
          return await task()
        } finally {
          wide.start()
        }
      }),
  }
}
