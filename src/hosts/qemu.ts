/** User-mode emulation of another CPU: correctness, sizes and instruction counts, never a time. */
import type { QemuSettings } from '../config/settings/settings.ts'
import { environmentError } from '../errors.ts'
import { architectureOf } from '../kernel/build.ts'
import { run, succeeded } from '../process/run.ts'
import type { Machine } from './machine.ts'
import { countFunctions, type Emulate } from './trace.ts'

const ARM = 'aarch64-unknown-linux-gnu'
/** Imitates every feature qemu knows. */
const ANY_CPU = 'max'

/** Finds the emulator. Throws an environment error that says what to install. */
export async function openQemuMachine(settings: QemuSettings): Promise<Machine> {
  const triple = settings.triple ?? ARM
  const program = settings.program ?? `qemu-${architectureOf(triple)}`
  const version = await qemuVersion(program)
  if (version === undefined)
    throw environmentError(
      `${settings.name}: ${program} does not start`,
      "install it, e.g. apt install qemu-user, or name it as 'program' in xlab.yaml",
    )
  const cpu = settings.emulate ?? ANY_CPU
  return {
    triple,
    emulated: true,
    cpu: `${cpu}, imitated by qemu ${version}`,
    hint: `'${program} -cpu help' shows what it can imitate; 'emulate' in xlab.yaml chooses`,
    put: async bundle => ({
      start: how => run(program, ['-cpu', cpu, bundle.path], { ...how, env: {}, bare: true }),
      remove: async () => {},
    }),
    count: (bundle, job, { onResult, signal }) => {
      const emulate: Emulate = (options, words, how) =>
        run(program, ['-cpu', cpu, ...options, bundle.path, ...words], { ...how, env: {}, bare: true })
      return countFunctions(job, emulate, onResult, signal)
    },
    close: async () => {},
  }
}

/** Version of an emulator, or undefined when it does not start. */
async function qemuVersion(program: string): Promise<string | undefined> {
  const exit = await run(program, ['--version'], { timeoutMs: 20_000 })
  return succeeded(exit) ? /version (\S+)/.exec(exit.stdout.toString('utf8'))?.[1] : undefined
}
