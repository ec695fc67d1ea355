/** Parts of compacted IR for a model whose window does not take all of it, with a line on what surrounds them. Pure. */

import { instructionMix, mixText } from './mix.ts'
import { type FunctionLines, moduleLines } from './module-lines.ts'

/**
 * The inner function alone, then its loop nests from the outermost in, then its basic blocks, each smaller than the
 * one before. None is a module any more: they are there to be read.
 */
export function slices(text: string): string[] {
  const defined = moduleLines(text).functions.filter(({ body }) => body !== undefined)
  const [inner] = defined.toSorted((a, b) => (b.body?.length ?? 0) - (a.body?.length ?? 0))
  if (inner === undefined) return []
  const parts = [...(defined.length > 1 ? [functionAlone(inner)] : []), ...regions(inner)]
  return parts.filter((part, i) => parts.slice(0, i).every(before => part.length < before.length))
}

const functionAlone = ({ head, body = [] }: FunctionLines): string =>
  `${[`${head} {`, ...body, '}'].join('\n')}\n`

/** The loops of all functions: regions that something within them branches back to the start of. */
export const loopsOf = (text: string): Region[] =>
  moduleLines(text).functions.flatMap(({ body = [] }) => loops(body, blocksOf(body)))

/** Lines of a body. */
interface Region {
  readonly first: number
  /** Index past its last line. */
  readonly end: number
}

function regions({ head, body = [] }: FunctionLines): string[] {
  const blocks = blocksOf(body)
  const found = [...loops(body, blocks), ...blocks].toSorted((a, b) => b.end - b.first - (a.end - a.first))
  return found.map(({ first, end }) =>
    [
      `; part of ${head}`,
      ...around('before it', body.slice(0, first)),
      ...body.slice(first, end),
      ...around('after it', body.slice(end)),
      '',
    ].join('\n'),
  )
}

function blocksOf(body: readonly string[]): Region[] {
  const starts = [0, ...body.flatMap((line, i) => (i > 0 && line.endsWith(':') ? [i] : []))]
  return starts.map((first, i) => ({ first, end: starts[i + 1] ?? body.length }))
}

/** From each block that something behind it branches back to, to the last that does. */
function loops(body: readonly string[], blocks: readonly Region[]): Region[] {
  return blocks.flatMap(({ first }) => {
    const label = /^([-\w$.]+):$/.exec(body[first] ?? '')?.[1]
    const back = blocks.findLast(
      ({ first: start, end }) =>
        start >= first && label !== undefined && branchesTo(body[end - 1] ?? '', label),
    )
    return back === undefined ? [] : [{ first, end: back.end }]
  })
}

const branchesTo = (line: string, label: string): boolean =>
  /^(?:br|switch) /.test(line) && line.split(/[\s,]+/).includes(`%${label}`)

const around = (where: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`; ${where}: ${mixText(instructionMix(lines))}`]
