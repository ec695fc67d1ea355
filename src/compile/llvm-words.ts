/** What LLVM's programs say when they fail, without what is only of this machine or of this run. */

/** Lines that say nothing of why: how to report it, where the stack was, how the program was called. */
const NOISE = /^(PLEASE|Stack dump|\s*\d+\.\s+Program arguments|\s*#?\d+\s.*0x[0-9a-f]{6})/
const TELLING = /error|Assertion|unknown|invalid|expected|unable|cannot/i
const LINES = 4
const LENGTH = 2000

/**
 * The telling lines of standard error: up to four from the first that names a fault. A crash without words has `how`
 * it ended, and the pass that ran. Paths are cut to file names.
 */
export function llvmWords(stderr: string, how: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '' && !NOISE.test(line))
  const first = lines.findIndex(line => TELLING.test(line))
  const said = lines.slice(Math.max(first, 0), Math.max(first, 0) + LINES).map(tidy)
  return [...(first < 0 ? [how] : []), ...said].join('\n').slice(0, LENGTH).trim()
}

const tidy = (line: string): string =>
  line
    .replace(/^\s*\d+\.\s+/, '')
    .replaceAll(/[^\s'"]*\/(opt|llc)(?=[\s:'])/g, '$1')
    .replaceAll(/[^\s'"]*\/([\w.-]+\.(?:cpp|h|def|inc):\d+)/g, '$1')
    .trimEnd()
