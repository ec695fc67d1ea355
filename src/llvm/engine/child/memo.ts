/** What was worked out before, as long as there is room. */

export interface Memo<T> {
  /** What is known by this key, or what `work` gives. */
  get(key: string, work: () => T): T
}

/** Keeps the last `most` answers; `isKept` says which are worth their room. */
export function openMemo<T>(most: number, isKept: (value: T) => boolean): Memo<T> {
  const kept = new Map<string, T>()
  return {
    get(key, work) {
      const known = kept.get(key)
      if (known !== undefined) return known
      const value = work()
      if (isKept(value)) kept.set(key, value)
      if (kept.size > most) kept.delete(kept.keys().next().value ?? '')
      return value
    },
  }
}
