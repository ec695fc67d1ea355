/**
 * Attributes of LLVM 23 that its bitcode cannot give to LLVM 22, put as LLVM 22 writes the same thing. `denormal_fpenv`
 * took the place of the strings `denormal-fp-math` and `denormal-fp-math-f32` (LLVM 22 and 23 Language References).
 */

const MODES: Readonly<Record<string, string>> = {
  ieee: 'ieee',
  preservesign: 'preserve-sign',
  positivezero: 'positive-zero',
  dynamic: 'dynamic',
}

/** The module text with such attributes written the older way; text without them is returned as it is. */
export const withOlderAttributes = (text: string): string =>
  text.replace(/^(?:attributes|define|declare) .*$/gm, line =>
    line.replace(/\bdenormal_fpenv\(([^)]*)\)/g, (whole, modes: string) => olderDenormals(modes) ?? whole),
  )

/** `a|b, float: c|d`: results and inputs of all types but, if given, float; one word stands for both. */
function olderDenormals(text: string): string | undefined {
  const attributes = text.split(/,\s*/).map(part => {
    const [, float, results = '', inputs = results] = /^(float:\s*)?(\w+)(?:\|(\w+))?$/.exec(part) ?? []
    const [first, second] = [MODES[results], MODES[inputs]]
    if (first === undefined || second === undefined) return undefined
    return `"denormal-fp-math${float === undefined ? '' : '-f32'}"="${first},${second}"`
  })
  return attributes.includes(undefined) ? undefined : attributes.join(' ')
}
