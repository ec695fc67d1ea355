/** Where an object's code spends its time, guessed from its shape: the loop nested deepest, and of these the longest. */

interface Line {
  readonly address: number
  /** Mnemonic and operands, without the disassembler's remarks. */
  readonly text: string
  /** Where it may jump to within its function; calls do not count. */
  readonly jumpsTo: number | undefined
}

/** Assembly of the loop's body, its last jump back to the label `xlab_loop` it begins with. */
export interface HotLoop {
  readonly assembly: string
  readonly instructions: number
  /** Loops around it, itself included. */
  readonly depth: number
}

/** The loop of code that `llvm-objdump -d --no-show-raw-insn` has written out; undefined where nothing jumps back. */
export function hotLoop(disassembly: string): HotLoop | undefined {
  const functions = disassembly.split(/^[0-9a-f]+ <.*>:$/m).slice(1)
  const found = functions.flatMap(text => loopsOf(linesOf(text)))
  return found.sort((a, b) => b.depth - a.depth || b.instructions - a.instructions)[0]
}

function linesOf(text: string): Line[] {
  return [...text.matchAll(/^\s*([0-9a-f]+):\s+(\S.*)$/gm)].map(([, address = '', rest = '']): Line => {
    const plain = rest
      .replace(/\s+(?:# |\/\/ |<).*$/, '')
      .replace(/\s+/g, ' ')
      .trim()
    const jump = /^(?:j\w+|b(?:\.\w+)?|cbn?z \w+,|tbn?z \w+, #\w+,) (?:0x)?([0-9a-f]+)$/.exec(plain)
    return {
      address: Number.parseInt(address, 16),
      text: plain,
      jumpsTo: jump ? Number.parseInt(jump[1] ?? '', 16) : undefined,
    }
  })
}

function loopsOf(lines: readonly Line[]): HotLoop[] {
  const index = new Map(lines.map((line, i) => [line.address, i]))
  // The farthest jump back to an address ends the loop that begins there.
  const ends = new Map<number, number>()
  for (const [i, { jumpsTo }] of lines.entries()) {
    const begin = jumpsTo === undefined ? undefined : index.get(jumpsTo)
    if (begin !== undefined && begin <= i) ends.set(begin, i)
  }
  const loops = [...ends]
  const inside = ([a, b]: readonly number[], [c = 0, d = 0]: readonly number[]): boolean =>
    a !== undefined && b !== undefined && c <= a && b <= d
  return loops.map(loop => {
    const [begin, end] = loop
    const body = lines.slice(begin, end + 1)
    return {
      assembly: ['xlab_loop:', ...body.map(line => labelled(line))].join('\n'),
      instructions: body.length,
      depth: loops.filter(other => inside(loop, other)).length,
    }
  })
}

/** A jump by its label: an assembler would take the address for a distance. */
const labelled = ({ text, jumpsTo }: Line): string =>
  jumpsTo === undefined ? text : text.replace(/(?:0x)?[0-9a-f]+$/, 'xlab_loop')
