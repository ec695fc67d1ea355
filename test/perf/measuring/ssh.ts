/** The same kernels here and through a real sshd on loopback: how often the two say the same. */
import { hostNamed } from '../../../src/hosts/registry.ts'
import { noSshd, startSshd } from '../../hosts/sshd.ts'
import { comparable, comparisonsOf, tellAgreement, withKernels } from './bench-samples.ts'

const KERNELS = Number(process.env.XLAB_PERF_KERNELS ?? 100)

export async function run(): Promise<boolean> {
  if (noSshd !== undefined) {
    console.log(`skipped: ${noSshd}`)
    return true
  }
  const sshd = await startSshd()
  try {
    const host = await hostNamed('loop', { file: undefined, hosts: [sshd.settings], llms: [] }).open()
    try {
      return await withKernels(async (services, all) => {
        const works = comparable(all, KERNELS)
        const here = await comparisonsOf(works, 1, services)
        return tellAgreement(here, await comparisonsOf(works, 7_000_001, { ...services, host }))
      })
    } finally {
      await host.close()
    }
  } finally {
    await sshd.stop()
  }
}
