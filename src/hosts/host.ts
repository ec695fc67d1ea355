/** A machine, or an emulator, that runs bundles. */
import type { Target } from '../kernel/build.ts'
import type { Bundle, RunnerJob, RunnerResult } from '../runner/protocol.ts'

export interface HostFacts {
  readonly cpu: string
  readonly cores: number
  readonly os: string
  /** Load, governor, boost, SMT, ASLR, steal time…: whatever can be read, as it stands now. */
  readonly state: Readonly<Record<string, string | number>>
}

export interface Host {
  readonly name: string
  readonly kind: 'local' | 'ssh' | 'docker' | 'qemu'
  /** Emulated hosts yield no times. */
  readonly emulated: boolean
  readonly target: Target
  describe(): Promise<HostFacts>
  /**
   * Runs the bundle on the jobs, one at a time, and gives each result as it comes. A function that crashes costs only
   * its own result; if the runner itself dies, it is started again on the jobs that have no result yet.
   */
  execute(
    bundle: Bundle,
    jobs: readonly RunnerJob[],
    options: { readonly signal?: AbortSignal; readonly onResult: (result: RunnerResult) => void },
  ): Promise<void>
}
