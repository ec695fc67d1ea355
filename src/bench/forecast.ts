/** What a campaign would do, and about how long it would take, without doing any of it. */
import type { Host } from '../hosts/host.ts'
import { findHost } from '../store/measurements/hosts.ts'
import type { Store } from '../store/open.ts'
import { type Aim, isNew, withCopies } from './campaign.ts'
import { together } from './group.ts'
import { measurableOn, pendingWork } from './stage.ts'

export interface Forecast {
  readonly host: string
  readonly kernels: number
  readonly builds: number
  readonly aa_pairs: number
  readonly executables: number
  readonly samples: number
  readonly minutes: number
  /** With all of the budget spent on what is uncertain. */
  readonly at_most_minutes: number
  /** Load and clock settings of the host now. */
  readonly state: string
}

/** Measured on two cores of a server: linking an executable, starting a function's process, what comes with a sample. */
const LINK_SECONDS = 0.1
const PROCESS_SECONDS = 0.0025
const SAMPLE_SECONDS = 0.0001
/** Batches are calibrated to be longer than asked. */
const BATCH_LENGTH = 1.4

export async function forecast(
  store: Store,
  host: Host,
  { plan, budgetMs, precision, filter }: Aim & { readonly filter?: string | undefined },
): Promise<Forecast> {
  const facts = await host.describe()
  const id = findHost(store, { ...host, ...facts }) ?? -1
  const pending = pendingWork(measurableOn({ store, host }, id, filter), precision)
  const works = withCopies(pending).filter(isNew)
  const builds = works.reduce((sum, { kernel }) => sum + kernel.builds.length, 0)
  const copies = works.filter(({ copied }) => copied !== undefined).length
  const executables = together(works).length * plan.links
  const processes = (builds + copies) * plan.links * plan.processes
  const samples = processes * plan.pairs
  const seconds =
    executables * LINK_SECONDS +
    processes * PROCESS_SECONDS +
    samples * (SAMPLE_SECONDS + (plan.minSampleNs * BATCH_LENGTH) / 1e9)
  return {
    host: host.name,
    kernels: works.length,
    builds,
    aa_pairs: copies,
    executables,
    samples,
    minutes: seconds / 60,
    at_most_minutes: pending.length === 0 ? 0 : Math.max(seconds, budgetMs / 1000) / 60,
    state: Object.entries(facts.state)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  }
}
