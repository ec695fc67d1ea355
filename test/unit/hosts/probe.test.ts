import { expect, test } from 'vitest'
import { words } from '../../../src/cli/tools/hosts.ts'
import { factsOf } from '../../../src/hosts/facts.ts'
import { targetOf } from '../../../src/hosts/machine.ts'
import { parseProbe } from '../../../src/hosts/probe.ts'
import { hostNamed, hosts } from '../../../src/hosts/registry.ts'

const PROBE = `arch aarch64
cpu cortex-a76
features +aes,+CONTEXTIDREL2,+dotprod,+neon,
cores 4
system Linux 6.6.31
file /proc/loadavg 28
0.50 0.25 0.10 1/200 1234

file /sys/class/thermal/thermal_zone0/temp 6
48250

file /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 10
schedutil

file /sys/firmware/devicetree/base/model 23
Raspberry Pi 5 Model B\0
file /proc/stat 40
cpu  10 0 10 960 0 0 0 20 0 0
cpu0 1 1 1 1
`

test('what the probe prints is a target and the facts of its machine', () => {
  expect(parseProbe(PROBE)).toEqual({
    here: false,
    target: {
      name: 'probed',
      triple: 'aarch64-unknown-linux-gnu',
      cpu: 'cortex-a76',
      features: '+aes,+dotprod,+neon',
    },
    facts: {
      architecture: 'aarch64',
      cpu: 'Raspberry Pi 5 Model B, cortex-a76',
      cores: 4,
      os: 'Linux 6.6.31',
      state: { load1: 0.5, load5: 0.25, governor: 'schedutil', temperatureC: 48.3, stealPercent: 2 },
    },
  })
})

test.each([
  [
    'version 2',
    { 'cpu.max': '150000 100000', 'memory.max': '536870912' },
    { cpuLimit: 1.5, memoryLimitMiB: 512 },
  ],
  [
    'version 1',
    {
      'cpu/cpu.cfs_quota_us': '50000',
      'cpu/cpu.cfs_period_us': '100000',
      'memory/memory.limit_in_bytes': '1073741824',
    },
    { cpuLimit: 0.5, memoryLimitMiB: 1024 },
  ],
  ['version 2 without limits', { 'cpu.max': 'max 100000', 'memory.max': 'max' }, {}],
  [
    'version 1 without limits',
    {
      'cpu/cpu.cfs_quota_us': '-1',
      'cpu/cpu.cfs_period_us': '100000',
      'memory/memory.limit_in_bytes': '9223372036854771712',
    },
    {},
  ],
])('the limits of a container are part of its state: cgroups, %s', (_, files, state) => {
  const known = { architecture: 'x86_64', cpu: 'x', cores: 2, os: 'Linux' }
  const read = new Map(Object.entries(files).map(([name, text]) => [`/sys/fs/cgroup/${name}`, `${text}\n`]))
  expect(factsOf(read, known).state).toEqual(state)
})

test('a machine that prints something else is not taken for a host', () => {
  expect(() => parseProbe('Welcome!\n')).toThrow('nothing that can be understood: Welcome!')
})

test('settings override what was probed, piece by piece', () => {
  const { target } = parseProbe(PROBE)
  const settings = { name: 'pi', kind: 'ssh', address: 'pi' } as const
  expect(targetOf(settings, target)).toEqual({ ...target, name: 'pi' })
  expect(targetOf({ ...settings, cpu: 'cortex-a78' }, target)).toEqual({
    ...target,
    name: 'pi',
    cpu: 'cortex-a78',
  })
  expect(targetOf({ ...settings, features: '+sve' }, target).features).toBe('+sve')
})

const settings = { file: undefined, hosts: [], llms: [] }

test('an unknown host is a usage error that names the nearest', () => {
  expect(() => hostNamed('qemu-a87', settings)).toThrow(/unknown host 'qemu-a87'/)
  expect(hostNamed('local', settings).emulated).toBe(false)
  expect(hostNamed('qemu-a78', settings).emulated).toBe(true)
})

test('an entry of xlab.yaml takes the place of a built-in host of its name', () => {
  const own = { name: 'docker', kind: 'ssh', address: 'box' } as const
  const all = hosts({ ...settings, hosts: [own] })
  expect(all.filter(host => host.name === 'docker').map(host => host.kind)).toEqual(['ssh'])
  expect(all.map(host => host.name)).toEqual(['local', 'qemu-a78', 'qemu-a55', 'docker'])
})

test('the state of a host is said as a person would, and why it cannot be had', () => {
  expect(words({ load1: 0.5, governor: 'performance' })).toBe('load1 0.5, governor performance')
  expect(words({ why: 'no Docker engine answers', hint: 'start Docker' })).toBe(
    'no Docker engine answers; start Docker',
  )
  expect(words({ why: 'no answer in 30 s' })).toBe('no answer in 30 s')
})
