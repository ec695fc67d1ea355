/** A module's functions as instructions, and the module put together again around changed bodies. Pure. */
import { type FunctionText, functionHead, functionTexts } from '../../kernel/ir/scan.ts'
import { type Instruction, readInstruction } from './instruction.ts'

export interface Line {
  readonly text: string
  readonly instruction: Instruction | undefined
}

export interface FunctionLines {
  readonly text: FunctionText
  /** Parameter names in order, `%0` and so on where the IR leaves them out. */
  readonly parameters: readonly string[]
  readonly lines: readonly Line[]
}

export function readFunctions(ir: string): FunctionLines[] {
  return functionTexts(ir).map(text => ({
    text,
    parameters: functionHead(text.head).parameters.map((p, i) => p.name ?? `%${i}`),
    lines: joined(text.body).map(line => ({ text: line, instruction: readInstruction(line) })),
  }))
}

/** The body's lines; an instruction LLVM prints over several (`switch`) becomes one. */
function joined(body: string): string[] {
  const lines: string[] = []
  let open = false
  for (const line of body.split('\n')) {
    if (open) lines.push(`${lines.pop()} ${line.trim()}`)
    else lines.push(line)
    if (/^\s*switch .*\[\s*$/.test(line)) open = true
    else if (open && line.trim() === ']') open = false
  }
  return lines
}

/** `ir` with each function's lines replaced by what `rewrite` returns, and `extra` lines added at the end. */
export function rewriteFunctions(
  ir: string,
  functions: readonly FunctionLines[],
  rewrite: (f: FunctionLines) => readonly string[],
  extra: () => readonly string[] = () => [],
): string {
  let out = ''
  let from = 0
  for (const f of functions) {
    out += `${ir.slice(from, f.text.start)}${f.text.head}${rewrite(f).join('\n')}\n}`
    from = f.text.end
  }
  return `${out}${ir.slice(from)}\n${extra().join('\n')}\n`
}

/**
 * For each function, the values that depend on the data a kernel works on, as opposed to workgroup numbers, loop
 * counters and addresses. Instructions on the others cannot become poison for one input and not for another, so
 * they need no watching. What is not recognised counts as data.
 */
export function dataValues(functions: readonly FunctionLines[]): Map<string, ReadonlySet<string>> {
  const data = new Map(functions.map(f => [f.text.name, new Set<string>()]))
  const exported = functions.filter(f => !/^define (?:internal|private)\b/.test(f.text.head))
  for (const f of exported) for (const parameter of f.parameters) data.get(f.text.name)?.add(parameter)
  for (let before = -1, size = 0; size !== before; ) {
    before = size
    for (const f of functions) spread(f, data, functions)
    size = [...data.values()].reduce((sum, set) => sum + set.size, 0)
  }
  return data
}

function spread(f: FunctionLines, data: Map<string, Set<string>>, functions: readonly FunctionLines[]): void {
  const mine = data.get(f.text.name) ?? new Set<string>()
  const frame = frameValues(f)
  for (const { instruction: i } of f.lines) {
    if (i === undefined) continue
    const target = functions.find(g => g.text.name === i.callee)
    if (target !== undefined)
      for (const [n, operand] of i.operands.entries())
        if (mine.has(operand.value)) data.get(target.text.name)?.add(target.parameters[n] ?? '')
    if (i.result === undefined || i.opcode === 'alloca' || i.type === 'ptr') continue
    const loaded = i.opcode === 'load' && !frame.has(i.operands[0]?.value ?? '')
    const called = i.opcode === 'call' && (i.callee === undefined || !i.callee.startsWith('llvm.'))
    if (loaded || called || i.operands.some(operand => mine.has(operand.value))) mine.add(i.result)
  }
}

/** Addresses inside the call frame and its workgroup numbers: everything reached from the frame but the arguments. */
function frameValues(f: FunctionLines): ReadonlySet<string> {
  const frame = new Set<string>()
  const root = f.parameters.length === 1 ? f.parameters[0] : undefined
  const argumentFields = new Set<string>()
  for (const { instruction: i } of f.lines) {
    const from = i?.operands[0]?.value
    if (i?.result === undefined || from === undefined) continue
    const derived = from === root || frame.has(from)
    if (!derived) continue
    if (i.opcode === 'getelementptr') {
      const last = i.operands.at(-1)?.value
      const isArguments =
        from === root && (i.operands.length === 2 ? last === '24' : last === '3' && i.operands.length === 3)
      ;(isArguments ? argumentFields : frame).add(i.result)
    } else if (i.opcode === 'load' && i.type === 'ptr') frame.add(i.result)
  }
  return frame
}
