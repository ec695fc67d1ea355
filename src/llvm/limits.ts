/** Limits on programs that handle untrusted input, set by the shell every system has. */

/**
 * `command` with limits on its writable memory in MiB and its processor time in seconds, and no core dumps, as a
 * program and its arguments. Data, not address space, is limited: Node reserves far more than it uses.
 */
export function limited(
  command: readonly string[],
  memoryMiB: number,
  cpuSeconds?: number,
): [file: string, args: string[]] {
  const script = 'ulimit -c 0; ulimit -d "$1"; ulimit -t "$2"; shift 2; exec "$@"'
  return [
    '/bin/sh',
    ['-c', script, 'sh', String(memoryMiB * 1024), String(cpuSeconds ?? 'unlimited'), ...command],
  ]
}
