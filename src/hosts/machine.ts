/** This machine as it stands: what can be read of whatever makes timings differ. */
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, type } from 'node:os'
import type { HostFacts } from './host.ts'

const CPU_FILES = '/sys/devices/system/cpu'

/** Files that hold one word of state each; those that cannot be read are left out. */
const WORDS: Readonly<Record<string, string>> = {
  governor: `${CPU_FILES}/cpu0/cpufreq/scaling_governor`,
  frequencyKhz: `${CPU_FILES}/cpu0/cpufreq/scaling_cur_freq`,
  boost: `${CPU_FILES}/cpufreq/boost`,
  noTurbo: `${CPU_FILES}/intel_pstate/no_turbo`,
  smt: `${CPU_FILES}/smt/active`,
  aslr: '/proc/sys/kernel/randomize_va_space',
}

/** Facts of this machine; `state` changes from call to call. */
export async function describeMachine(): Promise<HostFacts> {
  const state: Record<string, string | number> = {}
  const [load1 = 0, load5 = 0] = loadavg()
  state.load1 = load1
  state.load5 = load5
  await Promise.all(
    Object.entries(WORDS).map(async ([name, path]) => {
      const word = (await read(path)).trim()
      if (word !== '') state[name] = /^\d+$/.test(word) ? Number(word) : word
    }),
  )
  // Fields of the first line of proc(5)'s /proc/stat: user nice system idle iowait irq softirq steal, in ticks.
  const ticks = (await read('/proc/stat')).split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? []
  const total = ticks.slice(0, 8).reduce((a, b) => a + b, 0)
  if (total > 0) state.stealPercent = Math.round((10_000 * (ticks[7] ?? 0)) / total) / 100
  const cpuinfo = await read('/proc/cpuinfo')
  if (cpuinfo !== '') state.virtual = /^flags.*\bhypervisor\b/m.test(cpuinfo) ? 'yes' : 'no'
  return {
    cpu: cpus()[0]?.model.trim() || `unknown ${process.arch}`,
    cores: availableParallelism(),
    os: `${type()} ${release()}`,
    state,
  }
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
