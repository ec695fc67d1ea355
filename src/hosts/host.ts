/** A machine, or an emulator, that runs bundles. */
import type { HostSettings } from '../config/settings/settings.ts'
import type { Target } from '../kernel/build.ts'
import type {
  Bundle,
  CountedInstructions,
  RunnerJob,
  RunnerResult,
  TimingFailure,
  TimingJob,
} from '../runner/protocol.ts'

export interface HostFacts {
  /** x86_64, aarch64 */
  readonly architecture: string
  readonly cpu: string
  readonly cores: number
  readonly os: string
  /** Load, governor, boost, SMT, ASLR, steal time…: whatever can be read, as it stands now. */
  readonly state: Readonly<Record<string, string | number>>
}

export interface Host {
  readonly name: string
  readonly kind: HostSettings['kind']
  /** Emulated hosts yield no times. */
  readonly emulated: boolean
  /** `here`: what it runs takes this machine's cores, and disturbs what is timed on them. */
  readonly place: 'here' | 'elsewhere'
  readonly target: Target
  describe(): Promise<HostFacts>
  /**
   * Runs the bundle on the jobs, one at a time, and gives each result as it comes. A function that crashes costs only
   * its own result; if the runner itself dies, it is started again on the jobs that have no result yet. Throws an
   * environment error when the host cannot be reached any more; what had come by then stands.
   */
  execute(
    bundle: Bundle,
    jobs: readonly RunnerJob[],
    options: { readonly signal?: AbortSignal; readonly onResult: (result: RunnerResult) => void },
  ): Promise<void>
  /**
   * Instructions that each function of a job executes in a call, on hosts that know without a counter of the CPU's:
   * emulators. The plan of the job does not matter.
   */
  readonly count?: (
    bundle: Bundle,
    job: TimingJob,
    options: {
      readonly signal?: AbortSignal
      readonly onResult: (result: CountedInstructions | TimingFailure) => void
    },
  ) => Promise<void>
  /** Lets go of connections. */
  close(): Promise<void>
}
