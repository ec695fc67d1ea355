/** Small models get stuck: they repeat the same words until their tokens are used up. */

const LONGEST_UNIT = 256
const FEWEST_REPEATS = 6
const SHORTEST_RUN = 120

/** True when `text` ends in one piece said again and again: at least seven times, and over 120 characters. */
export function loops(text: string): boolean {
  const tail = text.slice(-LONGEST_UNIT * (FEWEST_REPEATS + 1))
  for (let unit = 1; unit <= LONGEST_UNIT; unit++) {
    const needed = Math.max(unit * FEWEST_REPEATS, SHORTEST_RUN)
    if (needed + unit > tail.length) continue
    let same = 0
    while (same < needed && tail[tail.length - 1 - same] === tail[tail.length - 1 - same - unit]) same++
    if (same === needed) return true
  }
  return false
}
