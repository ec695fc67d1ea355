/** What a kernel is like, in a few numbers: for screening, for finding relatives, and for queries. Pure. */
import { sha256 } from '../build.ts'
import { elementCount, type Signature } from '../signature.ts'
import { type Block, functionsOf, loopsOf } from './loops.ts'

/** Changes whenever the same kernel would get other numbers. */
export const FEATURE_RULE = 1

/** Counts are of IR instructions as XLA emitted them. */
export interface Features {
  readonly instructions: number
  readonly blocks: number
  readonly loads: number
  readonly stores: number
  /** fadd, fsub, fneg */
  readonly float_adds: number
  readonly float_muls: number
  /** fdiv, frem */
  readonly float_divs: number
  readonly float_compares: number
  /** add, sub, mul, shifts, logic */
  readonly int_ops: number
  readonly int_divs: number
  readonly int_compares: number
  readonly selects: number
  /** Changes of type. */
  readonly casts: number
  /** Calls of LLVM's math intrinsics. */
  readonly math_calls: number
  /** Calls of what is not in the module: libm and the like. */
  readonly outside_calls: number
  readonly vector_ops: number
  readonly loops: number
  /** How deep loops nest. */
  readonly depth: number
  /** Runs of the innermost loops' bodies, all together; 1 where there is no loop; loops without constant bound once. */
  readonly iterations: number
  /** Pieces of memory read in loops, and written. */
  readonly read_streams: number
  readonly write_streams: number
  readonly in_bytes: number
  readonly out_bytes: number
  /** Elements of the largest result. */
  readonly out_elements: number
  readonly workgroups: number
  /** Bits of an element of the largest result. */
  readonly element_bits: number
}

const OPCODES: Readonly<Record<string, keyof Features>> = Object.fromEntries(
  Object.entries({
    loads: 'load',
    stores: 'store',
    float_adds: 'fadd fsub fneg',
    float_muls: 'fmul',
    float_divs: 'fdiv frem',
    float_compares: 'fcmp',
    int_ops: 'add sub mul shl lshr ashr and or xor',
    int_divs: 'udiv sdiv urem srem',
    int_compares: 'icmp',
    selects: 'select',
    casts: 'trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp bitcast',
    vector_ops: 'extractelement insertelement shufflevector',
  } satisfies Partial<Record<keyof Features, string>>).flatMap(([name, words]) =>
    words.split(' ').map(word => [word, name as keyof Features]),
  ),
)

/** The numbers of a kernel's canonical IR under a signature it is called by, if it is known. */
export function featuresOf(ir: string, signature?: Signature): Features {
  const counts: Partial<Record<keyof Features, number>> = {}
  const count = (name: keyof Features, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by
  }
  for (const blocks of functionsOf(ir)) {
    count('blocks', blocks.length)
    for (const { lines } of blocks)
      for (const line of lines) {
        const opcode = /^(?:%v\d+ = )?(?:tail |musttail |notail )?([a-z]+)/.exec(line)?.[1] ?? ''
        count('instructions')
        const name = OPCODES[opcode]
        if (name !== undefined) count(name)
        else if (opcode === 'call') {
          const kind = callKind(line)
          if (kind !== undefined) count(kind)
        }
      }
    addLoops(blocks, counts)
  }
  const all = { ...EMPTY, ...counts, ...shapesOf(signature) }
  return { ...all, iterations: Math.max(1, all.iterations) }
}

const EMPTY: Features = {
  ...{ instructions: 0, blocks: 0, loads: 0, stores: 0, float_adds: 0, float_muls: 0, float_divs: 0 },
  ...{ float_compares: 0, int_ops: 0, int_divs: 0, int_compares: 0, selects: 0, casts: 0, math_calls: 0 },
  ...{ outside_calls: 0, vector_ops: 0, loops: 0, depth: 0, iterations: 0, read_streams: 0 },
  ...{ write_streams: 0, in_bytes: 0, out_bytes: 0, out_elements: 0, workgroups: 1, element_bits: 0 },
}

/** A call within the module is none of the two: what it runs is counted where it stands. */
function callKind(line: string): 'math_calls' | 'outside_calls' | undefined {
  const name = /@("[^"]*"|[\w.$-]+)\(/.exec(line)?.[1] ?? ''
  if (name.startsWith('llvm.')) return 'math_calls'
  // Canonical IR calls its own functions @f0, @f1, …
  return /^f\d+$|^kernel$/.test(name) ? undefined : 'outside_calls'
}

function addLoops(blocks: readonly Block[], counts: Partial<Record<keyof Features, number>>): void {
  const loops = loopsOf(blocks)
  const inLoops = new Set(loops.flatMap(loop => [...loop.blocks]))
  const bases = { load: new Set<string>(), store: new Set<string>() }
  const lines = blocks.flatMap(block => block.lines)
  const baseOf = new Map(
    lines.flatMap(line => {
      const [, result, base] = /^(%v\d+) = getelementptr .*?ptr (%v\d+|@[\w.]+)/.exec(line) ?? []
      return result !== undefined && base !== undefined ? [[result, base] as const] : []
    }),
  )
  const root = (name: string): string => {
    let at = name
    for (let hops = 0; hops < 50 && baseOf.has(at); hops++) at = baseOf.get(at) ?? at
    return at
  }
  for (const block of blocks)
    if (inLoops.has(block.label))
      for (const line of block.lines) {
        const [, opcode, pointer] = /(?:^|= )(load|store) .*?ptr (%v\d+|@[\w.]+)/.exec(line) ?? []
        if ((opcode === 'load' || opcode === 'store') && pointer !== undefined)
          bases[opcode].add(root(pointer))
      }
  const innermost = loops.filter(loop => !loops.some(o => o !== loop && loop.blocks.has(o.header)))
  const runs = innermost.map(({ header }) =>
    loops.filter(loop => loop.blocks.has(header)).reduce((product, loop) => product * (loop.trips ?? 1), 1),
  )
  counts.loops = (counts.loops ?? 0) + loops.length
  counts.depth = Math.max(counts.depth ?? 0, ...loops.map(loop => loop.depth))
  counts.iterations = (counts.iterations ?? 0) + runs.reduce((a, b) => a + b, 0)
  counts.read_streams = (counts.read_streams ?? 0) + bases.load.size
  counts.write_streams = (counts.write_streams ?? 0) + bases.store.size
}

function shapesOf(signature: Signature | undefined): Partial<Features> {
  if (signature === undefined) return {}
  const of = (role: 'in' | 'out') => signature.arguments.filter(argument => argument.role === role)
  const largest = of('out').toSorted((a, b) => b.bytes - a.bytes)[0]
  const elements = largest ? elementCount(largest.shape) : 0
  return {
    in_bytes: of('in').reduce((sum, { bytes }) => sum + bytes, 0),
    out_bytes: of('out').reduce((sum, { bytes }) => sum + bytes, 0),
    out_elements: elements,
    workgroups: signature.workgroups.reduce((a, b) => a * b, 1),
    element_bits: largest && elements > 0 ? Math.round((8 * largest.bytes) / elements) : 0,
  }
}

/** Equal for kernels that differ in numbers alone: constants, shapes, alignments. What serves one may serve the other. */
export const shapelessKey = (ir: string): string =>
  sha256(
    ir
      .slice(Math.max(0, ir.indexOf('\ndefine ')))
      .replaceAll(/, ![\w.]+ !\d+/g, '')
      .split('\nattributes ')[0]
      ?.replaceAll(/(?<![%@#\w.])-?(?:0x[0-9A-F]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)/g, 'N') ?? '',
  )

/** Sizes say little about which passes help, and vary by orders of magnitude. */
const WEIGHTS: Partial<Record<keyof Features, number>> = {
  iterations: 0.1,
  in_bytes: 0.05,
  out_bytes: 0.05,
  out_elements: 0.05,
  workgroups: 0.1,
  depth: 2,
  loops: 2,
}

/** How unlike two kernels are: the sum of weighted differences of the logarithms (to base 2, of 1 + n) of their numbers. */
export function distance(a: Features, b: Features): number {
  let sum = 0
  for (const name of Object.keys(EMPTY) as (keyof Features)[])
    sum += (WEIGHTS[name] ?? 1) * Math.abs(Math.log2(1 + a[name]) - Math.log2(1 + b[name]))
  return sum
}
