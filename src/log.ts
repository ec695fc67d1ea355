/** Chatter for a person, always on stderr; results go to stdout by other means. */
import { styleText } from 'node:util'

const terminal = process.stderr.isTTY === true && process.env.TERM !== 'dumb'
let quiet = false
let live = ''

/** Silence everything but warnings. */
export function setQuiet(): void {
  quiet = true
}

function paint(format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: process.stderr })
}

function write(line: string): void {
  process.stderr.write(live === '' ? `${line}\n` : `\r\x1b[K${line}\n${live}`)
}

/** Names in a dump and words of a model are anybody's: none of them may steer the terminal. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')
}

export const log = {
  info: (line: string): void => {
    if (!quiet) write(harmless(line))
  },
  warn: (line: string): void => write(`${paint('yellow', 'warning:')} ${harmless(line)}`),
  error: (line: string): void => write(`${paint('red', 'error:')} ${harmless(line)}`),
  hint: (line: string): void => write(`  ${paint('dim', '→')} ${harmless(line)}`),
}

/** Progress of work with a known number of steps. `step` and `done` are cheap enough for every item. */
export interface Progress {
  /** One more item finished; `detail` names it or says what is new. */
  step(detail?: string): void
  /** Changes the detail without counting. */
  say(detail: string): void
  /** How many have failed so far. */
  failures(total: number): void
  done(summary?: string): void
}

/**
 * One live line on a terminal (at most ten updates a second), a plain line every five seconds elsewhere.
 * Nothing is shown for work that ends within two seconds, but its summary is.
 */
export function progress(label: string, total: number | undefined): Progress {
  const started = performance.now()
  let count = 0
  let failed = 0
  let detail = ''
  let shownAt = started + (terminal ? 0 : 1500)

  const text = (): string => {
    const seconds = (performance.now() - started) / 1000
    // Early steps often pay for what later ones find ready: too soon to say.
    const left =
      total !== undefined && count > 0 && count * 20 >= total ? ((total - count) * seconds) / count : 0
    const parts = [
      label,
      total === undefined ? (count > 0 ? `${count}` : '') : `${count}/${total}`,
      failed > 0 ? `${failed} failed` : '',
      duration(seconds),
    ]
    if (seconds > 2 && count > 1) parts.push(rate(count / seconds))
    if (seconds > 2 && left >= 1) parts.push(`about ${duration(left)} left`)
    if (detail !== '') parts.push(detail)
    return parts.filter(part => part !== '').join(' · ')
  }
  const show = (): void => {
    const now = performance.now()
    if (quiet || now - shownAt < (terminal ? 100 : 5000)) return
    shownAt = now
    if (!terminal) {
      write(harmless(text()))
      return
    }
    live = harmless(text()).slice(0, (process.stderr.columns ?? 80) - 1)
    process.stderr.write(`\r\x1b[K${live}`)
  }
  return {
    step(what) {
      count++
      if (what !== undefined) detail = what
      show()
    },
    say(what) {
      detail = what
      show()
    },
    failures(total) {
      failed = total
    },
    done(summary) {
      if (live !== '') process.stderr.write('\r\x1b[K')
      live = ''
      if (summary !== undefined) log.info(summary)
    },
  }
}

const duration = (seconds: number): string =>
  seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`

const rate = (perSecond: number): string =>
  perSecond >= 1 ? `${perSecond.toFixed(0)}/s` : `${(perSecond * 60).toFixed(0)}/min`

/** A count and what is counted: `1 kernel`, `2 kernels`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
