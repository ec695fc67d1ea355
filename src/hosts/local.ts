/** This machine, running bundles directly. */
import { nativeTarget } from '../llvm/targets.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { run } from '../process/run.ts'
import type { Host } from './host.ts'
import { describeMachine } from './machine.ts'
import { runJobs } from './runner-process.ts'

/** This machine as a host. The toolchain, fetched if not given, says which CPU it is. */
export async function localHost(toolchain?: Toolchain): Promise<Host> {
  const target = await nativeTarget(toolchain)
  return {
    name: 'local',
    kind: 'local',
    emulated: false,
    target,
    describe: describeMachine,
    execute: (bundle, jobs, options) =>
      // An empty environment: what runs inherits nothing of ours.
      runJobs(jobs, how => run(bundle.path, [], { ...how, env: {}, bare: true }), options),
  }
}
