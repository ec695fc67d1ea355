/** Short names for local values: the ones that cost a language model's tokenizer least come first. Pure. */

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** The `n`th name, from 0: `a` … `z`, `aa` … `zz`, `aaa` …. */
export function shortName(n: number): string {
  let name = ''
  for (let rest = n; rest >= 0; rest = Math.floor(rest / LETTERS.length) - 1)
    name = `${LETTERS[rest % LETTERS.length]}${name}`
  return name
}

/** Words that begin a line of the notation. */
const RESERVED = new Set(['if', 'go', 'fn', 'ret'])

/** Gives each name it meets the next short one. */
export function shortNames(): (name: string) => string {
  const names = new Map<string, string>()
  let next = 0
  return name => {
    let short = names.get(name)
    while (short === undefined || (!names.has(name) && RESERVED.has(short))) short = shortName(next++)
    names.set(name, short)
    return short
  }
}
