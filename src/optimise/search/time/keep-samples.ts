/** The raw samples of last races: those that selected apart from those that confirm, as campaigns of their own. */
import { RACE_PLAN } from '../../../measure/race.ts'
import {
  addSamples,
  endCampaign,
  type Purpose,
  startCampaign,
} from '../../../store/measurements/campaigns.ts'
import { hostId } from '../../../store/measurements/hosts.ts'
import { write } from '../../../store/open.ts'
import type { ExploreServices } from '../../proposer.ts'
import type { HeatResult } from './heat.ts'

/** Of each winner, by its build's hash, and of XLA's build beside it. */
export async function keepSamples(
  winners: ReadonlyMap<HeatResult, { readonly build: string }>,
  { store, host: open }: ExploreServices,
): Promise<void> {
  if (winners.size === 0) return
  const host = await open()
  const { name, kind, emulated } = host
  const { state: before, cpu, cores, os } = await host.describe()
  const id = hostId(store, { name, kind, emulated, cpu, cores, os })
  write(store, () => {
    for (const purpose of ['select', 'confirm'] as const satisfies readonly Purpose[]) {
      const campaign = startCampaign(store, {
        ...{ hostId: id, seed: RACE_PLAN.seed, options: RACE_PLAN, hostBefore: before, purpose },
      })
      for (const [{ heat, samples }, { build }] of winners) {
        const { course } = heat
        const rows = samples.filter(one => one.purpose === purpose)
        addSamples(
          store,
          campaign,
          rows.map(({ sample: { kernel: _, nsPerCall, ...sample } }) => ({
            ...sample,
            build: sample.build === course.reference.hash ? sample.build : build,
            signature: course.signature,
            value: nsPerCall,
          })),
        )
      }
      endCampaign(store, campaign, 'complete')
    }
  })
}
