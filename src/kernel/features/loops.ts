/** Natural loops of a function of canonical IR: how they nest, and how often they run where constants say so. */

/** A basic block: its label, its lines, where it goes on. */
export interface Block {
  readonly label: string
  readonly lines: readonly string[]
  readonly next: readonly string[]
}

export interface Loop {
  readonly header: string
  readonly blocks: ReadonlySet<string>
  /** 1 for an outermost loop. */
  readonly depth: number
  /** Iterations by the constant its exits compare with; undefined where none does. */
  readonly trips: number | undefined
}

/** The blocks of each defined function. */
export function functionsOf(ir: string): Block[][] {
  const functions: Block[][] = []
  for (const text of ir.split(/^define /m).slice(1)) {
    const blocks: Block[] = []
    const body = text.slice(text.indexOf('{\n') + 2, text.indexOf('\n}'))
    for (const part of body.split(/^(?=v\d+:)/m)) {
      const [head = '', ...lines] = part.split('\n').filter(line => line.trim() !== '')
      if (!head.endsWith(':')) continue
      const next = [...(lines.at(-1) ?? '').matchAll(/label %(v\d+)/g)].map(match => match[1] ?? '')
      const switched = lines.flatMap(line =>
        /^\s+i\d+ -?\d+, label/.test(line) ? [...line.matchAll(/label %(v\d+)/g)] : [],
      )
      blocks.push({
        label: head.slice(0, -1),
        lines: lines.map(line => line.trim()),
        next: [...new Set([...next, ...switched.map(match => match[1] ?? '')])],
      })
    }
    functions.push(blocks)
  }
  return functions
}

/** The loops of a function, outer before inner. Blocks that cannot be reached do not count. */
export function loopsOf(blocks: readonly Block[]): Loop[] {
  const byLabel = new Map(blocks.map(block => [block.label, block]))
  const bodies = new Map<string, Set<string>>()
  for (const [from, to] of backEdges(blocks, byLabel)) {
    const body = bodies.get(to) ?? new Set([to])
    bodies.set(to, body)
    reachBack(from, body, blocks)
  }
  const found = [...bodies].map(([header, body]) => ({ header, body }))
  const depth = (header: string): number => found.filter(({ body }) => body.has(header)).length
  return found
    .map(({ header, body }) => ({
      header,
      blocks: body,
      depth: depth(header),
      trips: tripsOf(body, byLabel),
    }))
    .sort((a, b) => a.depth - b.depth)
}

/** Edges to a block that is still open in a walk from the entry: in code that compilers emit, loops' own. */
function backEdges(
  blocks: readonly Block[],
  byLabel: ReadonlyMap<string, Block>,
): [from: string, to: string][] {
  const edges: [string, string][] = []
  const state = new Map<string, 'open' | 'done'>()
  const stack: { block: Block; at: number }[] = []
  const enter = (block: Block): void => {
    state.set(block.label, 'open')
    stack.push({ block, at: 0 })
  }
  if (blocks[0] !== undefined) enter(blocks[0])
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const label = top.block.next[top.at++]
    if (label === undefined) {
      state.set(top.block.label, 'done')
      stack.pop()
    } else if (state.get(label) === 'open') edges.push([top.block.label, label])
    else if (state.get(label) === undefined) {
      const block = byLabel.get(label)
      if (block !== undefined) enter(block)
    }
  }
  return edges
}

/** Adds to `body` what leads to `from` without passing the header, which is in it. */
function reachBack(from: string, body: Set<string>, blocks: readonly Block[]): void {
  const pending = [from]
  for (let label = pending.pop(); label !== undefined; label = pending.pop()) {
    if (body.has(label)) continue
    body.add(label)
    for (const block of blocks) if (block.next.includes(label)) pending.push(block.label)
  }
}

/** The largest constant that a comparison which decides an exit compares with: XLA's loops count from 0 by 1. */
function tripsOf(body: ReadonlySet<string>, byLabel: ReadonlyMap<string, Block>): number | undefined {
  const bounds: number[] = []
  for (const label of body) {
    const block = byLabel.get(label)
    if (block === undefined || block.next.every(next => body.has(next))) continue
    for (const line of block.lines) {
      const bound = Number(/= icmp \w+ i\d+ %v\d+, (\d+)/.exec(line)?.[1])
      if (bound > 0) bounds.push(bound)
    }
  }
  return bounds.length > 0 ? Math.max(...bounds) : undefined
}
