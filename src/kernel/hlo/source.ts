/**
 * Where an HLO instruction comes from in the user's program: framework op and source line, from `metadata={…}` and,
 * in newer dumps, the module's tables of stack frames.
 */

import type { HloInstruction, HloModule } from './module.ts'

export interface Source {
  readonly opType?: string
  readonly opName?: string
  readonly sourceFile?: string
  readonly sourceLine?: number
}

/** File and line of a `stack_frame_id`. */
export type Frames = ReadonlyMap<number, { readonly file: string; readonly line: number }>

const TABLES = ['FileNames', 'FunctionNames', 'FileLocations', 'StackFrames'] as const

/** The tables newer XLA writes between the HloModule line and the first computation; empty where there are none. */
export function readFrames(lines: readonly string[]): Frames {
  const tables = new Map<string, Map<number, string>>()
  let table: Map<number, string> | undefined
  for (const line of lines) {
    if (line.startsWith('%') || line.startsWith('ENTRY')) break
    if (TABLES.some(name => name === line)) {
      table = new Map()
      tables.set(line, table)
      continue
    }
    const row = /^(\d+) (.*)$/.exec(line)
    if (row !== null) table?.set(Number(row[1]), row[2] ?? '')
  }
  const frames = new Map<number, { file: string; line: number }>()
  for (const [id, frame] of tables.get('StackFrames') ?? []) {
    const location = tables.get('FileLocations')?.get(field(frame, 'file_location_id')) ?? ''
    const file = tables.get('FileNames')?.get(field(location, 'file_name_id'))
    const line = field(location, 'line')
    if (file !== undefined && line >= 0) frames.set(id, { file: unquote(file), line })
  }
  return frames
}

/** The instruction's own origin, or, for a fusion without one, that of what it computes, root first. */
export function sourceOf(module: HloModule, instruction: HloInstruction): Source {
  const own = ownSource(module, instruction)
  if (own.opName !== undefined) return own
  const called = instruction.attributes.get('calls')?.replace(/^%/, '')
  const body = called === undefined ? undefined : module.computations.get(called)
  for (const inner of body?.instructions.toReversed() ?? []) {
    const source = ownSource(module, inner)
    if (inner.opcode !== 'parameter' && source.opName !== undefined) return { ...source, ...own }
  }
  return own
}

function ownSource(module: HloModule, instruction: HloInstruction): Source {
  const metadata = instruction.attributes.get('metadata')
  if (metadata === undefined) return {}
  const opType = text(metadata, 'op_type')
  const opName = text(metadata, 'op_name')
  const frame = module.frames.get(field(metadata, 'stack_frame_id'))
  const sourceFile = text(metadata, 'source_file') ?? frame?.file
  const line = field(metadata, 'source_line')
  const sourceLine = line >= 0 ? line : frame?.line
  return {
    ...(opType === undefined ? {} : { opType }),
    ...(opName === undefined ? {} : { opName }),
    ...(sourceFile === undefined ? {} : { sourceFile }),
    ...(sourceLine === undefined ? {} : { sourceLine }),
  }
}

/** The number behind `key=`, or -1. */
const field = (text: string, key: string): number =>
  Number(new RegExp(`(?:^|[ {])${key}=(\\d+)`).exec(text)?.[1] ?? -1)

function text(metadata: string, key: string): string | undefined {
  const value = new RegExp(`(?:^|[ {])${key}=("(?:[^"\\\\]|\\\\.)*")`).exec(metadata)?.[1]
  return value === undefined ? undefined : unquote(value)
}

const unquote = (quoted: string): string => quoted.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1')
