/**
 * Shapes as HLO text writes them: `f32[64,28]{1,0}`, `(s32[], f32[8]{0})`, `token[]`
 * (openxla/xla, xla/hlo/parser/hlo_parser.cc, ParseShape).
 */

import { DTYPE_BITS, type Dtype, elementCount } from '../signature.ts'

export interface ArrayShape {
  readonly kind: 'array'
  /** As written; not every type HLO knows has a size here. */
  readonly dtype: string
  readonly dims: readonly number[]
  /** True where a dimension's size is only known when it runs (`<=8`, `?`). */
  readonly dynamic: boolean
}
export interface TupleShape {
  readonly kind: 'tuple'
  readonly elements: readonly HloShape[]
}
export type HloShape = ArrayShape | TupleShape

export interface Leaf {
  /** Path through nested tuples; empty for an array. */
  readonly index: readonly number[]
  readonly shape: ArrayShape
}

const ARRAY = /([a-z][a-z0-9]*)\[([^\]]*)\]/y
const GAP = /(?:\s|\/\*[^*]*\*\/)*/y

/** Tuples nest; deeper than this is no HLO. */
const MOST_DEPTH = 32

/** The shape that starts at `at`, and where it ends; undefined if none does. */
export function parseShape(
  text: string,
  at: number,
  depth = 0,
): { shape: HloShape; end: number } | undefined {
  const start = skipGap(text, at)
  if (text[start] !== '(') return parseArray(text, start)
  return depth < MOST_DEPTH ? parseTuple(text, start + 1, depth + 1) : undefined
}

/** The arrays in a shape in XLA's order (depth first), with their paths. */
export function leavesOf(shape: HloShape, index: readonly number[] = []): Leaf[] {
  if (shape.kind === 'array') return [{ index, shape }]
  return shape.elements.flatMap((element, i) => leavesOf(element, [...index, i]))
}

export const isDtype = (name: string): name is Dtype => Object.hasOwn(DTYPE_BITS, name)

/** Size in bytes as it lies in memory; undefined for types without one (tokens, opaque values) or dynamic sizes. */
export function bytesOf(shape: ArrayShape): number | undefined {
  if (shape.dynamic || !isDtype(shape.dtype)) return undefined
  return (elementCount(shape.dims) * DTYPE_BITS[shape.dtype]) / 8
}

function parseArray(text: string, at: number): { shape: HloShape; end: number } | undefined {
  ARRAY.lastIndex = at
  const match = ARRAY.exec(text)
  if (match === null) return undefined
  const [, dtype = '', list = ''] = match
  const written = list === '' ? [] : list.split(',')
  const dims = written.map(dim => Number(dim.replace('<=', '').trim()))
  const dynamic = written.some(dim => dim.startsWith('<=')) || dims.some(dim => !Number.isSafeInteger(dim))
  return { shape: { kind: 'array', dtype, dims, dynamic }, end: skipLayout(text, ARRAY.lastIndex) }
}

function parseTuple(text: string, at: number, depth: number): { shape: HloShape; end: number } | undefined {
  const elements: HloShape[] = []
  for (let next = skipGap(text, at); ; ) {
    if (text[next] === ')') return { shape: { kind: 'tuple', elements }, end: skipLayout(text, next + 1) }
    const element = parseShape(text, next, depth)
    if (element === undefined) return undefined
    elements.push(element.shape)
    next = skipGap(text, element.end)
    if (text[next] === ',') next = skipGap(text, next + 1)
    else if (text[next] !== ')') return undefined
  }
}

function skipGap(text: string, at: number): number {
  GAP.lastIndex = at
  GAP.exec(text)
  return GAP.lastIndex
}

/** A layout is what stands in braces behind a shape: `{1,0:T(8,128)}`. It has no bearing on a dense buffer's size. */
function skipLayout(text: string, at: number): number {
  if (text[at] !== '{') return at
  const close = text.indexOf('}', at)
  return close === -1 ? text.length : close + 1
}
