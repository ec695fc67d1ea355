/**
 * The bench stage: measures every build that passed and has no estimate on the host, or one less exact than asked for,
 * and what came out best once more, by samples that chose nothing.
 */
import type { HostFacts } from '../hosts/host.ts'
import { lanesElsewhere } from '../lanes/lanes.ts'
import { log, plural } from '../log.ts'
import { halfWidth } from '../measure/judgement.ts'
import { type Choice, unconfirmed } from '../store/measurements/estimates.ts'
import { hostId } from '../store/measurements/hosts.ts'
import {
  type MeasurableBuild,
  type MeasurableKernel,
  measurableKernels,
  referenceOf,
} from '../store/measurements/measurements.ts'
import { type Aim, type CampaignOutcome, runCampaign } from './campaign.ts'
import { refreshEstimates } from './estimate.ts'
import type { BenchServices, Work } from './group.ts'
import { readLinkedSizes } from './linked.ts'

export type { BenchServices } from './group.ts'

export interface BenchOptions extends Aim {
  readonly filter?: string | undefined
  /** Whether what came out best is measured again: after all else, instead of all else, or not. */
  readonly confirm: 'after' | 'only' | 'never'
}

export interface BenchOutcome extends CampaignOutcome {
  readonly kernels: number
  /** Kernels whose best build was measured again. */
  readonly confirmed: number
}

const NOTHING: CampaignOutcome = { samples: 0, disturbed: 0, uncertain: 0, failures: [] }

/** Measures what is pending among the kernels that `filter` selects, and confirms what is best. */
export async function bench(given: BenchServices, options: BenchOptions): Promise<BenchOutcome> {
  const { store, host } = given
  const services = { ...given, lanes: host.place === 'elsewhere' ? lanesElsewhere(given.lanes) : given.lanes }
  const started = performance.now()
  refreshEstimates(store)
  const before = await host.describe()
  const { name, kind, emulated } = host
  const id = hostId(store, { name, kind, emulated, cpu: before.cpu, cores: before.cores, os: before.os })
  const pending =
    options.confirm === 'only'
      ? []
      : pendingWork(measurableOn(services, id, options.filter), options.precision)
  if (pending.length > 0) warnIfBusy(name, before.state, before.cores)
  const first =
    pending.length > 0 ? await runCampaign(pending, 'report', options, { id, before }, services) : NOTHING
  await readLinkedSizes(pending, services)
  const left = Math.max(0, options.budgetMs - (performance.now() - started))
  const best =
    options.confirm === 'never'
      ? []
      : chosenWork(measurableOn(services, id, options.filter), unconfirmed(store, id))
  if (best.length > 0)
    log.info(`${name}: measuring the best builds of ${plural(best.length, 'kernel')} again, to confirm them`)
  const again =
    best.length > 0
      ? await runCampaign(best, 'confirm', { ...options, budgetMs: left }, { id, before }, services)
      : NOTHING
  return {
    kernels: pending.length,
    confirmed: best.length,
    samples: first.samples + again.samples,
    disturbed: first.disturbed + again.disturbed,
    uncertain: first.uncertain,
    ...(first.test && { test: first.test }),
    failures: [...first.failures, ...again.failures],
  }
}

/** The kernels with a passing build that this host, known by `id`, can run. */
export const measurableOn = (
  { store, host }: Pick<BenchServices, 'store' | 'host'>,
  id: number,
  filter?: string,
): MeasurableKernel[] => measurableKernels(store, { id, name: host.name, target: host.target }, filter)

/**
 * The builds to run now: what is missing or known less exactly than asked for, and XLA's own beside it; all of them if
 * that is itself missing.
 */
export function pendingWork(kernels: readonly MeasurableKernel[], precision: number): Work[] {
  const pends = ({ measured, low, high }: MeasurableBuild): boolean =>
    !measured || (low !== null && high !== null && halfWidth({ low, high }) > precision)
  return kernels
    .filter(({ builds }) => builds.some(pends))
    .map(kernel => {
      const reference = referenceOf(kernel.builds)
      if (reference && !reference.measured) return { kernel }
      return {
        kernel: { ...kernel, builds: kernel.builds.filter(build => build === reference || pends(build)) },
      }
    })
}

/** The builds that were chosen, each beside XLA's own, as if never measured: what chose them is not to be built upon. */
function chosenWork(kernels: readonly MeasurableKernel[], choices: readonly Choice[]): Work[] {
  const chosen = new Map(choices.map(choice => [`${choice.kernel} ${choice.signature}`, choice.content]))
  return kernels.flatMap(kernel => {
    const content = chosen.get(`${kernel.hash} ${kernel.signatureHash}`)
    const reference = referenceOf(kernel.builds)
    const builds = kernel.builds
      .filter(build => build === reference || build.contentHash === content)
      .map(build => ({ ...build, measured: false, low: null, high: null }))
    return reference && builds.length === 2 ? [{ kernel: { ...kernel, builds } }] : []
  })
}

/** Warns when the host is doing something else: what it measures is then worth less. */
function warnIfBusy(host: string, state: HostFacts['state'], cores: number): void {
  const load = Number(state.load1 ?? 0)
  if (load > cores / 2)
    log.warn(
      `${host} is busy (load ${load.toFixed(1)} on ${cores} cores): expect wide intervals and 'inconclusive'`,
    )
}
