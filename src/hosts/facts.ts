/** A Linux machine as it stands: what can be read of whatever makes timings differ. */
import type { HostFacts } from './host.ts'

const CPU = '/sys/devices/system/cpu'

/** Files that hold one word of state each; those that cannot be read are left out. */
const WORDS: Readonly<Record<string, string>> = {
  governor: `${CPU}/cpu0/cpufreq/scaling_governor`,
  frequencyKhz: `${CPU}/cpu0/cpufreq/scaling_cur_freq`,
  boost: `${CPU}/cpufreq/boost`,
  noTurbo: `${CPU}/intel_pstate/no_turbo`,
  smt: `${CPU}/smt/active`,
  aslr: '/proc/sys/kernel/randomize_va_space',
}
/** Thousandths of a degree Celsius: thermal zones, and hardware monitors where there are none. */
const TEMPERATURES = [
  ...Array.from({ length: 16 }, (_, i) => `/sys/class/thermal/thermal_zone${i}/temp`),
  ...Array.from({ length: 8 }, (_, i) => `/sys/class/hwmon/hwmon${i}/temp1_input`),
]
const CPUINFO = '/proc/cpuinfo'
const BOARD = '/sys/firmware/devicetree/base/model'
const STAT = '/proc/stat'
const LOAD = '/proc/loadavg'
/**
 * What a container may use, as it sees itself: cgroup v2 and v1 (kernel.org, admin-guide/cgroup-v2.rst and
 * cgroup-v1/memory.rst; scheduler/sched-bwc.rst). Where nothing is limited they are missing, `max`, negative or huge.
 */
const CGROUP = '/sys/fs/cgroup'
const CPU_MAX = `${CGROUP}/cpu.max`
const CPU_QUOTA = `${CGROUP}/cpu/cpu.cfs_quota_us`
const CPU_PERIOD = `${CGROUP}/cpu/cpu.cfs_period_us`
const MEMORY = [`${CGROUP}/memory.max`, `${CGROUP}/memory/memory.limit_in_bytes`]
/** No machine has as much: v1's way to say that there is no limit. */
const NO_LIMIT = 2 ** 50
/** Differs from machine to machine and from boot to boot. */
export const BOOT_ID = '/proc/sys/kernel/random/boot_id'

/** What factsOf wants to see, of any Linux machine. */
export const FACT_FILES: readonly string[] = [
  ...Object.values(WORDS),
  ...TEMPERATURES,
  CPUINFO,
  BOARD,
  STAT,
  LOAD,
  BOOT_ID,
  CPU_MAX,
  CPU_QUOTA,
  CPU_PERIOD,
  ...MEMORY,
]

/**
 * Facts from the contents of those of FACT_FILES that could be read.
 * @param known what the machine says by other means; `cpu` is used where Linux has no name for it.
 */
export function factsOf(files: ReadonlyMap<string, string>, known: Omit<HostFacts, 'state'>): HostFacts {
  const read = (path: string): string => files.get(path)?.replace(/\0/g, '').trim() ?? ''
  const state: Record<string, string | number> = {}
  const [load1 = '', load5 = ''] = read(LOAD).split(/\s+/)
  if (load1 !== '') Object.assign(state, { load1: Number(load1), load5: Number(load5) })
  for (const [name, path] of Object.entries(WORDS)) {
    const word = read(path)
    if (word !== '') state[name] = /^\d+$/.test(word) ? Number(word) : word
  }
  const degrees = TEMPERATURES.map(path => Number(read(path) || Number.NaN) / 1000)
  const hottest = Math.max(...degrees.filter(value => value > 0 && value < 150))
  if (Number.isFinite(hottest)) state.temperatureC = Math.round(hottest * 10) / 10
  // Fields of the first line of proc(5)'s /proc/stat: user nice system idle iowait irq softirq steal, in ticks.
  const ticks = read(STAT).split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? []
  const total = ticks.slice(0, 8).reduce((a, b) => a + b, 0)
  if (total > 0) state.stealPercent = Math.round((10_000 * (ticks[7] ?? 0)) / total) / 100
  const [quota, period] = (read(CPU_MAX) || `${read(CPU_QUOTA)} ${read(CPU_PERIOD)}`).split(' ').map(Number)
  if (quota && period && quota > 0) state.cpuLimit = Math.round((100 * quota) / period) / 100
  const bytes = Number(MEMORY.map(read).find(text => text !== '') ?? Number.NaN)
  if (bytes < NO_LIMIT) state.memoryLimitMiB = Math.round(bytes / 2 ** 20)
  const cpuinfo = read(CPUINFO)
  if (cpuinfo !== '') state.virtual = /^flags.*\bhypervisor\b/m.test(cpuinfo) ? 'yes' : 'no'
  const model = /^model name\s*: (.+)$/m.exec(cpuinfo)?.[1]?.trim()
  const board = read(BOARD)
  return {
    ...known,
    cpu: model || (board === '' ? known.cpu : `${board}, ${known.cpu}`),
    state,
  }
}
