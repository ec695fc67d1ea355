/** What a text of IR does, as counts of its instructions: all a model is told when nothing more fits. Pure. */

/** Instructions by opcode, most frequent first; of calls, the function called. Labels and comments count nothing. */
export function instructionMix(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const raw of lines) {
    const line = raw.trim()
    const opcode = /^(?:%\S+ = )?(?:(?:tail|musttail|notail) )?([a-z]\w*)\b(?!:)/.exec(line)?.[1]
    if (opcode === undefined || /^(?:define|declare|target|attributes|type)$/.test(opcode)) continue
    // Names of functions are anybody's, unless they are LLVM's own.
    const called = opcode === 'call' ? (/@llvm\.([a-z]+)/.exec(line)?.[1] ?? 'call') : opcode
    const vector = /<\d+ x /.test(line) && opcode !== 'call' ? ' (vector)' : ''
    counts.set(called + vector, (counts.get(called + vector) ?? 0) + 1)
  }
  return new Map([...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])))
}

/** `12 load, 8 getelementptr, 3 fmul`. */
export const mixText = (mix: ReadonlyMap<string, number>): string =>
  mix.size === 0 ? 'nothing' : [...mix].map(([opcode, count]) => `${count} ${opcode}`).join(', ')
