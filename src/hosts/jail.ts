/** Which layers of the runner's jail hold on this machine. */
import { environmentError } from '../errors.ts'
import { nativeTarget } from '../llvm/targets.ts'
import { describeExit, run } from '../process/run.ts'
import { inScratch } from '../process/scratch.ts'
import { decodeLine } from '../runner/decode.ts'
import { linkBundle } from '../runner/link.ts'
import type { RunnerHello } from '../runner/protocol.ts'

/** Starts a runner without functions and gives what it says of itself. Throws an environment error when it cannot. */
export async function jailHere(): Promise<RunnerHello> {
  return await inScratch('jail', async directory => {
    const linked = await linkBundle([], { target: await nativeTarget(), orderSeed: 1, directory })
    if (linked.state !== 'ok') throw environmentError(`no runner: ${linked.reason}`, 'see what zig says')
    const exit = await run(linked.bundle.path, [], { input: '', env: {}, bare: true, timeoutMs: 30_000 })
    const [line = ''] = exit.stdout.toString().split('\n')
    const hello = line === '' ? undefined : decodeLine(line)
    if (hello?.kind !== 'hello')
      throw environmentError(
        `the runner does not start: ${describeExit(exit)}`,
        'seccomp or fork may be denied here',
      )
    return hello
  })
}
