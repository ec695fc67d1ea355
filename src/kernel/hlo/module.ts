/**
 * HLO text, as `--xla_dump_hlo_as_text` writes it, to computations and instructions
 * (openxla/xla, xla/hlo/ir/hlo_instruction.cc, ToString). What it does not know it skips; it never throws.
 */

import { type HloShape, parseShape } from './shape.ts'
import { type Frames, readFrames } from './source.ts'
import { closing, splitTop } from './text.ts'

export interface HloInstruction {
  readonly name: string
  readonly shape: HloShape
  readonly opcode: string
  /** Shape, layout and opcode as the text has them, with the literal or number of a constant or parameter. */
  readonly written: string
  /** Names of the operands, in order; empty for parameters and constants. */
  readonly operands: readonly string[]
  /** Everything behind the operands: `calls=%f, metadata={…}`. */
  readonly attributes: ReadonlyMap<string, string>
  readonly computation: string
}

export interface HloComputation {
  readonly name: string
  readonly instructions: readonly HloInstruction[]
  readonly root: HloInstruction | undefined
}

export interface HloModule {
  readonly name: string
  /** In the order of the text: what is called stands before what calls it. */
  readonly computations: ReadonlyMap<string, HloComputation>
  readonly entry: HloComputation | undefined
  /** By name, which is unique within a module. */
  readonly instructions: ReadonlyMap<string, HloInstruction>
  readonly frames: Frames
  /** Why nothing, or not everything, could be read. */
  readonly problem?: string
}

interface OpenComputation {
  readonly name: string
  readonly isEntry: boolean
  readonly instructions: HloInstruction[]
  readonly names: Set<string>
  root?: HloInstruction
}

const COMPUTATION = /^(ENTRY )?%?([^\s(=]+) /
const INSTRUCTION = /^\s+(ROOT )?%?([^\s=]+) = /
const OPCODE = /\s*([a-z][a-z0-9-]*)\(/y
const NO_OPERANDS = new Set(['parameter', 'constant'])

/** Reads one module. Lines it cannot read are counted in `problem`. */
export function parseHlo(text: string): HloModule {
  const computations = new Map<string, HloComputation>()
  const instructions = new Map<string, HloInstruction>()
  let name = ''
  let entry: HloComputation | undefined
  let open: OpenComputation | undefined
  let unread = 0
  const lines = text.split('\n')
  for (const line of lines) {
    if (open === undefined) {
      if (line.startsWith('HloModule ')) name = /^HloModule ([^\s,]+)/.exec(line)?.[1] ?? ''
      else if (line.endsWith('{')) {
        const header = COMPUTATION.exec(line)
        if (header !== null) {
          open = {
            name: header[2] ?? '',
            isEntry: header[1] !== undefined,
            instructions: [],
            names: new Set(),
          }
        }
      }
    } else if (line.startsWith('}')) {
      const computation = { name: open.name, instructions: open.instructions, root: open.root }
      computations.set(open.name, computation)
      if (open.isEntry) entry = computation
      open = undefined
    } else if (line.trim() !== '') {
      const read = parseInstruction(line, open.name)
      const { names } = open
      // What uses something that does not stand before it is no HLO; so no reader ever runs in a circle.
      if (read === undefined || !read.instruction.operands.every(operand => names.has(operand))) unread++
      else {
        open.instructions.push(read.instruction)
        names.add(read.instruction.name)
        instructions.set(read.instruction.name, read.instruction)
        if (read.root) open.root = read.instruction
      }
    }
  }
  const problem = problemOf(name, entry, open !== undefined, unread)
  return {
    name,
    computations,
    entry,
    instructions,
    frames: readFrames(lines),
    ...(problem === undefined ? {} : { problem }),
  }
}

/** A name that stands alone or with a leading `%`, as in `calls=%fused_computation`. */
export const bareName = (name: string): string => (name.startsWith('%') ? name.slice(1) : name)

/** The computations an attribute names: `%f`, or `{%f, %g}`. */
export function namedComputations(instruction: HloInstruction, attribute: string): string[] {
  const value = instruction.attributes.get(attribute)
  if (value === undefined) return []
  const list = value.startsWith('{') ? value.slice(1, -1).split(',') : [value]
  return list.map(name => bareName(name.trim())).filter(name => name !== '')
}

/** The backend's own configuration, JSON in today's dumps; undefined if there is none or it is something else. */
export function backendConfig(instruction: HloInstruction): Record<string, unknown> | undefined {
  const text = instruction.attributes.get('backend_config')
  if (text === undefined) return undefined
  try {
    const first: unknown = JSON.parse(text)
    const value: unknown = typeof first === 'string' ? JSON.parse(first) : first
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function parseInstruction(
  line: string,
  computation: string,
): { instruction: HloInstruction; root: boolean } | undefined {
  const head = INSTRUCTION.exec(line)
  if (head === null) return undefined
  const shape = parseShape(line, head[0].length)
  if (shape === undefined) return undefined
  OPCODE.lastIndex = shape.end
  const opcode = OPCODE.exec(line)?.[1]
  if (opcode === undefined) return undefined
  const start = OPCODE.lastIndex
  const end = closing(line, start)
  if (end === undefined) return undefined
  const literal = NO_OPERANDS.has(opcode)
  const operands = literal ? [] : splitTop(line, start, end).map(operandName)
  const written = line.slice(head[0].length, literal ? end : start)
  const attributes = new Map<string, string>()
  for (const attribute of splitTop(line, end + 1, line.length)) {
    const equals = attribute.indexOf('=')
    if (equals > 0) attributes.set(attribute.slice(0, equals), attribute.slice(equals + 1))
  }
  const instruction = {
    name: head[2] ?? '',
    shape: shape.shape,
    opcode,
    written,
    operands,
    attributes,
    computation,
  }
  return { instruction, root: head[1] !== undefined }
}

/** Operands may be written with their shape and a counting comment: `/​*index=5*​/f32[8]{0} %x`. */
function operandName(operand: string): string {
  const word = operand.slice(operand.lastIndexOf(' ') + 1)
  return bareName(word.slice(word.lastIndexOf('/') + 1))
}

function problemOf(
  name: string,
  entry: HloComputation | undefined,
  unfinished: boolean,
  unread: number,
): string | undefined {
  if (name === '') return 'not HLO text: no HloModule line'
  if (unfinished) return 'HLO text is cut off inside a computation'
  if (entry === undefined) return 'HLO text has no entry computation'
  return unread > 0 ? `${unread} HLO instructions could not be read` : undefined
}
