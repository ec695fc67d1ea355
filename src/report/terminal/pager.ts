/** Long results on a terminal through the user's pager, as git shows them. */
import { spawnSync } from 'node:child_process'

let wanted = true

/** From now on everything is written as it is: `--no-pager`. */
export function turnPagerOff(): void {
  wanted = false
}

/**
 * Writes `text` to standard output; where that is a terminal too low for it, through $PAGER (else less). Colours reach
 * the screen and short texts stay on it unless LESS says otherwise. A pager that cannot be started is gone without.
 */
export function page(text: string): void {
  const out = process.stdout
  const pager = process.env.PAGER ?? 'less'
  const fits = out.rows === undefined || text.split('\n', out.rows + 1).length <= out.rows
  if (wanted && out.isTTY && !fits && process.env.TERM !== 'dumb' && !/^\s*(?:cat)?\s*$/.test(pager)) {
    const ended = spawnSync('/bin/sh', ['-c', pager], {
      input: text,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { LESS: 'FRX', LV: '-c', ...process.env },
      maxBuffer: Number.MAX_SAFE_INTEGER,
    })
    // What a shell says of a program that is not there, or may not be run.
    if (!ended.error && ended.status !== 127 && ended.status !== 126) return
    if ((ended.error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return
  }
  out.write(text)
}
