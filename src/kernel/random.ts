/** Random numbers that follow from a seed: the same on every machine, in every run. */
import { hash } from 'node:crypto'

/** The next number, 0 ≤ x < 1. */
export type Random = () => number

/** A small fast generator (sfc32, seeded through SHA-256), so that seeds that differ in one letter share nothing. */
export function seededRandom(seed: number | string): Random {
  const bytes = Buffer.from(hash('sha256', String(seed)), 'hex')
  let [a, b, c, counter] = [0, 4, 8, 12].map(at => bytes.readUInt32LE(at)) as [number, number, number, number]
  return () => {
    const sum = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0
    return sum / 2 ** 32
  }
}

/** A whole number from 0 to `limit` - 1. */
export const below = (random: Random, limit: number): number => Math.floor(random() * limit)

/** The items in another order, each order as likely (Fisher and Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = below(random, i + 1)
    ;[out[i], out[j]] = [out[j] as T, out[i] as T]
  }
  return out
}

/** One of `items`, each as likely. Throws for none. */
export function pick<T>(random: Random, items: readonly T[]): T {
  if (items.length === 0) throw new Error('nothing to pick from')
  return items[below(random, items.length)] as T
}
