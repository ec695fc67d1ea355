/** Orders drawn from a seed: the same on every machine. */

/** Fisher and Yates's shuffle under a small seeded generator (Steele and others' splitmix, 32 bits of it). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const out = [...items]
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    return (x ^ (x >>> 15)) >>> 0
  }
  for (let i = out.length - 1; i > 0; i--) {
    const j = next() % (i + 1)
    const [a, b] = [out[i], out[j]]
    if (a !== undefined && b !== undefined) [out[i], out[j]] = [b, a]
  }
  return out
}
