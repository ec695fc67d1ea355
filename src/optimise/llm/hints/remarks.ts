/** LLVM's own remarks on what it could not optimise, each at a line of the kernel's IR. */
import { moduleLines } from '../../../kernel/compact/module-lines.ts'
import { limited } from '../../../llvm/limits.ts'
import type { Toolchain } from '../../../llvm/toolchain.ts'
import { run, succeeded } from '../../../process/run.ts'

export interface Remark {
  /** Of the IR, from 1; undefined when LLVM does not say where. */
  readonly line: number | undefined
  readonly pass: string
  readonly message: string
}

const MEMORY_MIB = 4096
const TIMEOUT_MS = 60_000
const MOST_REMARKS = 12

/**
 * What the pipeline missed. IR of XLA's has no debug locations, so `debugify` gives every instruction its number in
 * the module for a line (llvm/lib/Transforms/Utils/Debugify.cpp). None where LLVM does not get through.
 */
export async function missedRemarks(
  ir: string,
  pipeline: string,
  { toolchain, signal }: { readonly toolchain: Toolchain; readonly signal: AbortSignal },
): Promise<Remark[]> {
  const command = [
    ...[toolchain.bin('opt'), `-passes=debugify,${pipeline}`, '-disable-output'],
    ...['-pass-remarks-output=-', '-pass-remarks-filter=.*'],
  ]
  const [file, args] = limited(command, MEMORY_MIB)
  const exit = await run(file, args, { bare: true, input: ir, timeoutMs: TIMEOUT_MS, signal })
  signal.throwIfAborted()
  return succeeded(exit) ? readRemarks(exit.stdout.toString('utf8'), ir) : []
}

/** The remarks of LLVM's YAML (llvm/docs/Remarks.rst) that say what was missed, without repetitions. */
export function readRemarks(yaml: string, ir: string): Remark[] {
  const lines = instructionLines(ir)
  const remarks = yaml.split(/^--- /m).flatMap(text => {
    if (!/^!(?:Missed|Analysis)/.test(text)) return []
    const pass = /^Pass:\s+(\S+)/m.exec(text)?.[1] ?? ''
    const number = /^DebugLoc:.*\bLine: (\d+)/m.exec(text)?.[1]
    const line = number === undefined ? undefined : lines[Number(number) - 1]
    const message = words(text.slice(text.indexOf('\nArgs:')))
    return message === '' || /^(?:size-info|annotation-remarks)$/.test(pass) ? [] : [{ line, pass, message }]
  })
  const unique = new Map(remarks.map(remark => [JSON.stringify(remark), remark]))
  return [...unique.values()].slice(0, MOST_REMARKS)
}

/** `loop-vectorize: line 12: loop not vectorized`. */
export const remarkText = ({ line, pass, message }: Remark): string =>
  `${pass}${line === undefined ? '' : `: line ${line}`}: ${message}`

/** The values of a remark's arguments, one after the other. */
const words = (args: string): string =>
  [...args.matchAll(/^ {2}- \w+:\s+(.*)$/gm)]
    .map(([, value = '']) => value.replace(/^'(.*)'$/, '$1').replaceAll("''", "'"))
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 200)

/** Line numbers of all instructions, in order. */
const instructionLines = (ir: string): number[] =>
  moduleLines(ir).functions.flatMap(({ body, at }) =>
    (body ?? []).flatMap((line, i) => (line.endsWith(':') ? [] : [at[i + 1] ?? 0])),
  )
