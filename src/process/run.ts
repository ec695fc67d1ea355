/** Runs one program. A non-zero exit, a signal, a time-out or a missing program is a result, never an exception. */

export interface RunOptions {
  readonly cwd?: string
  /** Given to standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array
  /** The program's whole environment when `bare`, else added to ours. */
  readonly env?: Readonly<Record<string, string>>
  readonly bare?: true
  readonly timeoutMs?: number
  /** Output kept per stream; a program that writes more is ended with state `flooded`. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
  /**
   * For programs that are not ours: a process group of its own, all of it killed when the program ends or is ended.
   * Standard input stays open until we die, so that the program can tell.
   */
  readonly leash?: true
  /** Called with each line of standard error, for progress. */
  readonly onStderr?: (line: string) => void
  /** Called with each line of standard output. */
  readonly onStdout?: (line: string) => void
}

interface Output {
  readonly stdout: Buffer
  readonly stderr: string
  readonly seconds: number
}

export type Exit =
  | (Output & { readonly state: 'exited'; readonly code: number })
  | (Output & { readonly state: 'signalled'; readonly signal: string })
  | (Output & { readonly state: 'timeout' | 'flooded' | 'cancelled' })
  | (Output & { readonly state: 'missing'; readonly why: string })

/** Runs `file` with `args` (no shell), with a time limit (default 10 minutes) and an output cap (default 64 MiB). */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Exit> {
  // Loaded at first use: commands that run nothing start in little more than half the time without it.
  const { execa } = await import('execa')
  const started = performance.now()
  const child = execa(file, args, {
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    extendEnv: options.bare !== true,
    timeout: options.timeoutMs ?? 600_000,
    maxBuffer: options.maxBytes ?? 64 << 20,
    forceKillAfterDelay: 2000,
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.leash && { detached: true }),
    ...(options.input !== undefined
      ? { input: options.input }
      : { stdin: options.leash ? ('pipe' as const) : ('ignore' as const) }),
    ...(options.signal && { cancelSignal: options.signal }),
  })
  if (options.leash) child.nodeChildProcess.once('exit', () => killGroup(child.pid))
  if (options.onStderr) eachLine(child.stderr, options.onStderr)
  if (options.onStdout) eachLine(child.stdout, options.onStdout)
  const result = await child
  const output: Output = {
    stdout: Buffer.from(result.stdout ?? new Uint8Array()),
    stderr: Buffer.from(result.stderr ?? new Uint8Array()).toString('utf8'),
    seconds: (performance.now() - started) / 1000,
  }
  if (result.timedOut) return { ...output, state: 'timeout' }
  if (result.isCanceled) return { ...output, state: 'cancelled' }
  if (result.isMaxBuffer) return { ...output, state: 'flooded' }
  if (result.signal !== undefined) return { ...output, state: 'signalled', signal: result.signal }
  if (result.exitCode !== undefined) return { ...output, state: 'exited', code: result.exitCode }
  return { ...output, state: 'missing', why: result.shortMessage ?? `${file} could not be started` }
}

/** True when the program ran to its end with code 0. */
export const succeeded = (exit: Exit): boolean => exit.state === 'exited' && exit.code === 0

/** One line saying how a run ended, for messages and for the store. */
export function describeExit(exit: Exit): string {
  switch (exit.state) {
    case 'exited':
      return `exit code ${exit.code}`
    case 'signalled':
      return `ended by ${exit.signal}`
    case 'timeout':
      return `ran past its time limit (${exit.seconds.toFixed(1)} s)`
    case 'flooded':
      return 'wrote more than is kept'
    case 'cancelled':
      return 'cancelled'
    case 'missing':
      return exit.why
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // nobody is left in it
  }
}

function eachLine(stream: NodeJS.ReadableStream | null | undefined, onLine: (line: string) => void): void {
  let rest = ''
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  stream?.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
