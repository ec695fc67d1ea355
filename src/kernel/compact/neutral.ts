/** IR for a reader that takes words for instructions: no text of a dump's choosing is left in it. Pure. */

/**
 * `ir` with metadata strings and string attributes that are more than a word replaced, and with quoted names of
 * external functions numbered. Everything else in canonical text is LLVM's vocabulary, or named by xlab.
 */
export function neutral(ir: string): string {
  const names = new Map<string, string>()
  return ir
    .replaceAll(/@"(?:[^"\\]|\\.)*"/g, name => {
      const plain = names.get(name) ?? `@external${names.size}`
      names.set(name, plain)
      return plain
    })
    .replaceAll(/(?<![c\w])"([^"]*)"/g, (text, words: string) => (PLAIN.test(words) ? text : '"text"'))
}

/** Words LLVM and XLA write themselves: `llvm.loop.unroll.disable`, `frame-pointer`, a data layout, CPU features. */
const PLAIN = /^[-\w.+,:/*]{0,2000}$/
