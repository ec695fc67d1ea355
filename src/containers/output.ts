/** What a container writes: lines as they come, and a log of bounded size. */

/** Calls `onLine` with each line of a stream as UTF-8. A line longer than a mebibyte is dropped. */
export function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const longest = 1 << 20
  let rest = ''
  const decoder = new TextDecoder()
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = (lines.pop() ?? '').slice(0, longest)
    for (const line of lines) if (line.length < longest) onLine(line)
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}

/** Keeps the first and last parts of a text that may be endless. */
export function cappedText(
  headBytes = 64 << 10,
  tailBytes = 192 << 10,
): { add(chunk: Buffer): void; text(): string } {
  const head: Buffer[] = []
  let tail: Buffer[] = []
  let [inHead, inTail, cut] = [0, 0, 0]
  return {
    add(chunk) {
      const first = chunk.subarray(0, headBytes - inHead)
      inHead += first.length
      head.push(first)
      const rest = chunk.subarray(first.length)
      tail.push(rest)
      inTail += rest.length
      if (inTail < 2 * tailBytes) return
      const all = Buffer.concat(tail)
      cut += all.length - tailBytes
      inTail = tailBytes
      tail = [Buffer.from(all.subarray(all.length - tailBytes))]
    },
    text: () =>
      [
        Buffer.concat(head).toString('utf8'),
        ...(cut > 0 ? [`\n… ${cut} bytes left out …\n`] : []),
        Buffer.concat(tail).toString('utf8'),
      ].join(''),
  }
}
