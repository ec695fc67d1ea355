/**
 * One function definition, read with its local names made canonical: `%v0`, `%v1`, … for parameters, blocks and values
 * alike, in order of appearance. Blocks and parameters that the text leaves unnamed get the number LLVM counts for
 * them, so that every block of the result has a label and nothing depends on counting any more.
 */
import { COMMA, type IrReader, malformed, NEWLINE, type Pieces } from './reader.ts'

export interface FunctionFacts {
  /** The first word of each parameter: its type, where a word names it. */
  readonly parameters: readonly string[]
  readonly instructions: number
}

const NAME = '(?:"[^"]*"|[-\\w$.]+)'
const LABEL = new RegExp(`(${NAME}):`, 'y')
const INSTRUCTION = new RegExp(`(?:%(${NAME})\\s*=\\s*)?([a-z_0-9]+)`, 'y')
/** Debug records, calls of debug intrinsics, and use-list orders. */
const DROPPED = /#dbg_|(?:tail )?call void @llvm\.dbg\.|uselistorder/y
const PERCENT = 37
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const TERMINATORS = words(
  'br ret switch unreachable indirectbr invoke resume callbr cleanupret catchret catchswitch',
)
/** Words that begin a line which goes on with the instruction of the line before. */
const CONTINUATIONS = words('to cleanup catch filter unwind')
/** Instructions that yield no value and so take no number. Calls are looked at one by one. */
const WITHOUT_VALUE = words('store fence br ret switch unreachable indirectbr resume cleanupret catchret')
const CALLS = words('call tail musttail notail invoke callbr')

/** Reads from `define` to the closing brace and hands what it found to `make`. */
export function readFunction<T>(
  reader: IrReader,
  text: string,
  make: (header: Pieces, body: Pieces, facts: FunctionFacts) => T,
): T {
  const start = reader.position()
  reader.startLocals()
  try {
    const header = readHeader(reader, text)
    const { body, instructions } = readBody(reader, text, header.unnamed)
    return make(header.pieces, body, { parameters: header.parameters, instructions })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw malformed(
      `${error.message} (in the function that starts on line ${text.slice(0, start).split('\n').length})`,
    )
  } finally {
    reader.endLocals()
  }
}

const cutShort = (): SyntaxError => malformed('it ends inside a function: the file is cut short')

function readHeader(
  reader: IrReader,
  text: string,
): { pieces: Pieces; parameters: string[]; unnamed: number } {
  const parameters: string[] = []
  let next = 0
  let depth = 0
  let state: 'name' | 'parameters' | 'attributes' = 'name'
  let from = 0
  const begin = (): void => {
    from = reader.position()
    reader.seen.local = undefined
  }
  const end = (): void => {
    const parameter = text.slice(from, reader.position() - 1).trim()
    if (parameter === '' || parameter === '...') return
    parameters.push(/^(?:<[^<>]*>|\S+)/.exec(parameter)?.[0] ?? '')
    const name = reader.seen.local
    if (name === undefined) reader.write(` ${reader.local(String(next++))}`, 1)
    else if (/^\d/.test(name)) next = Number(name) + 1
  }
  reader.seen.global = undefined
  for (;;) {
    const c = reader.step()
    if (c === 0) throw cutShort()
    if (c === NEWLINE) reader.write(' ')
    if (c === COMMA && state === 'parameters' && depth === 1) {
      end()
      begin()
    } else if (c === 40 || c === 91 || c === 123) {
      if (c === 123 && depth === 0 && state === 'attributes')
        return { pieces: reader.take(), parameters, unnamed: next }
      if (c === 40 && depth === 0 && state === 'name' && reader.seen.global !== undefined) {
        state = 'parameters'
        begin()
      }
      depth++
    } else if (c === 41 || c === 93 || c === 125) {
      depth--
      if (depth === 0 && state === 'parameters') {
        end()
        state = 'attributes'
      }
    }
  }
}

function readBody(reader: IrReader, text: string, unnamed: number): { body: Pieces; instructions: number } {
  let next = unnamed
  let instructions = 0
  /** Whether the current block has its label. */
  let labelled = false
  const label = (name: string): void => {
    reader.write(`\n${reader.local(name).slice(1)}:`)
    if (/^\d/.test(name)) next = Number(name) + 1
    labelled = true
  }
  for (;;) {
    reader.skipBlank()
    const at = reader.position()
    const c = text.charCodeAt(at)
    if (Number.isNaN(c)) throw cutShort()
    if (c === 125) {
      reader.jump(at + 1)
      reader.write('\n}')
      return { body: reader.take(), instructions }
    }
    // Most lines are values and need not be tried as anything else.
    if (c !== PERCENT) {
      LABEL.lastIndex = DROPPED.lastIndex = at
      const named = LABEL.exec(text)?.[1]
      if (named !== undefined) {
        reader.jump(LABEL.lastIndex)
        label(named)
        continue
      }
      if (DROPPED.test(text)) {
        const end = text.indexOf('\n', at)
        if (end < 0) throw cutShort()
        reader.jump(end)
        continue
      }
    }
    INSTRUCTION.lastIndex = at
    const [, result, opcode = ''] = INSTRUCTION.exec(text) ?? []
    const continued = CONTINUATIONS.has(opcode)
    if (!labelled && !continued) label(String(next))
    reader.write(continued ? '\n      ' : '\n  ')
    reader.seen.global = undefined
    const ended = readInstruction(reader)
    if (!continued) {
      instructions++
      if (result !== undefined) next = /^\d/.test(result) ? Number(result) + 1 : next
      else if (yieldsValue(opcode, text, at)) next++
      if (TERMINATORS.has(opcode)) labelled = false
    }
    if (ended) {
      reader.write('\n}')
      return { body: reader.take(), instructions }
    }
  }
}

/** To the end of the line, or of the lines its brackets span. True if the function's closing brace came first. */
function readInstruction(reader: IrReader): boolean {
  let depth = 0
  for (;;) {
    const c = reader.step()
    if (c === 0) throw cutShort()
    if (c === NEWLINE) {
      if (depth <= 0) return false
      reader.write('\n    ')
    } else if (c === 40 || c === 91 || c === 123) depth++
    else if (c === 41 || c === 93 || c === 125) {
      if (c === 125 && depth === 0) {
        const end = reader.position()
        reader.write('', 1)
        reader.jump(end)
        return true
      }
      depth--
    }
  }
}

/** Whether an instruction without a name still takes a number. */
function yieldsValue(opcode: string, text: string, at: number): boolean {
  if (!CALLS.has(opcode)) return !WITHOUT_VALUE.has(opcode)
  const line = text.slice(at, text.indexOf('\n', at))
  return !/^[^@%]*\bvoid\b/.test(line)
}
