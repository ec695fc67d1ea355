/** What the bytes of an x86-64 kernel do, by kind of instruction: what is left when nothing makes it smaller. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentError } from '../../errors.ts'
import { describeExit, run, succeeded } from '../../process/run.ts'
import type { Toolchain } from '../toolchain.ts'
import { isCode, parseObject, sizesOf } from './object.ts'

/** Kinds in the order a reader wants them, each with what it holds. */
export const BYTE_KINDS = {
  'call-frame': 'loads of argument pointers from the call frame XLA passes',
  prologue: 'pushes, pops, the frame, vzeroupper, the return and its null',
  calls: 'calls of functions, libm’s among them',
  control: 'branches and what they compare',
  addresses: 'whole numbers: counters, addresses, copies between registers',
  memory: 'loads and stores of data',
  arithmetic: 'floating point and vectors: arithmetic, conversions, shuffles',
  padding: 'alignment between blocks and functions',
  constants: 'read-only data: constants, tables',
} as const
export type ByteKind = keyof typeof BYTE_KINDS
export type ByteUse = Readonly<Record<ByteKind, number>>

/** One instruction as `llvm-objdump` prints it in AT&T syntax. */
export interface Instruction {
  readonly bytes: number
  /** `movq 0x18(%rdi), %rax`, blanks single. */
  readonly text: string
}

/** Objects in one process. */
const TOGETHER = 200

/** The use of each object's bytes, by its key; objects for other machines are left out. */
export async function byteUse(
  toolchain: Toolchain,
  objects: ReadonlyMap<string, Uint8Array>,
  signal?: AbortSignal,
): Promise<Map<string, ByteUse>> {
  const found = new Map<string, ByteUse>()
  const all = [...objects].filter(([, bytes]) => parseObject(bytes).machine === 'x86-64')
  for (let i = 0; i < all.length; i += TOGETHER) {
    const group = all.slice(i, i + TOGETHER)
    const directory = await mkdtemp(join(tmpdir(), 'xlab-bytes-'))
    try {
      await Promise.all(group.map(([, bytes], n) => writeFile(join(directory, `${n}.o`), bytes)))
      const exit = await run(
        toolchain.bin('llvm-objdump'),
        ['-d', '--no-leading-addr', ...group.map((_, n) => `${n}.o`)],
        {
          cwd: directory,
          timeoutMs: 120_000,
          maxBytes: 256 << 20,
          ...(signal && { signal }),
        },
      )
      signal?.throwIfAborted()
      if (!succeeded(exit)) throw environmentError(`llvm-objdump: ${describeExit(exit)}`)
      const parts = exit.stdout
        .toString('utf8')
        .split(/^\d+\.o:\s+file format .*$/m)
        .slice(1)
      for (const [n, [key, bytes]] of group.entries()) {
        const object = parseObject(bytes)
        const functions = readInstructions(parts[n] ?? '')
        const code = object.sections.filter(isCode).reduce((sum, section) => sum + section.size, 0)
        found.set(key, { ...classify(functions, code), constants: sizesOf(object).rodataBytes })
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
  return found
}

/** The instructions of each function in a listing. */
export function readInstructions(listing: string): Instruction[][] {
  const functions: Instruction[][] = []
  for (const line of listing.split('\n')) {
    if (/^\S.*>:$/.test(line) || /^<.*>:$/.test(line)) functions.push([])
    const [, bytes, text] = /^\s+((?:[0-9a-f]{2} )+)\s*(.*)$/.exec(line) ?? []
    if (bytes === undefined || text === undefined) continue
    functions.at(-1)?.push({
      bytes: bytes.trim().split(' ').length,
      text: text.replaceAll(/\s+/g, ' ').replace(/ [#<].*$/, ''),
    })
  }
  return functions
}

/** Bytes by kind; `codeBytes` of which what no instruction accounts for is padding. */
export function classify(
  functions: readonly (readonly Instruction[])[],
  codeBytes: number,
): Record<ByteKind, number> {
  const use: Record<ByteKind, number> = {
    ...{ 'call-frame': 0, prologue: 0, calls: 0, control: 0, addresses: 0 },
    ...{ memory: 0, arithmetic: 0, padding: 0, constants: 0 },
  }
  let seen = 0
  for (const instructions of functions) {
    // The call frame comes in %rdi; what is loaded through it are the frame's own pointers.
    const frame = new Map([['rdi', 'frame']])
    for (const one of instructions) {
      seen += one.bytes
      use[kindOf(one.text, frame)] += one.bytes
    }
  }
  use.padding += Math.max(0, codeBytes - seen)
  return use
}

const RETURNS_NULL = /^xorl %eax, %eax$/
const PROLOGUE =
  /^(push|pop|ret|leave|vzeroupper|endbr)|%rsp$|^mov\w* %rsp, %rbp|^lea\w* .*\(%rbp\), %rsp|^and\w* .*%rsp$/
const CONTROL = /^(j|loop|cmp|test|bt\w* |cmov|set)/
const PADDING = /^(nop|int3|data16|cs nop|xchgw %ax, %ax)/
const FLOAT = /%[xyz]mm|%k\d/

function kindOf(text: string, frame: Map<string, string>): ByteKind {
  if (PADDING.test(text)) return 'padding'
  if (PROLOGUE.test(text) || RETURNS_NULL.test(text)) return 'prologue'
  if (text.startsWith('call')) return 'calls'
  const [, base, to] = /^mov[ql]? (?:0x[0-9a-f]+|\d+)?\(%(r\w+)\), %([re]\w+)$/.exec(text) ?? []
  const through = base === undefined ? undefined : frame.get(base)
  const written = /%([a-z0-9]+)$/.exec(text)?.[1]
  if (to !== undefined && through !== undefined) {
    // frame → arrays of arguments or workgroup → the pointers themselves, which are data from there on.
    if (through === 'frame') frame.set(to, 'array')
    else frame.delete(to)
    return 'call-frame'
  }
  if (written !== undefined && !CONTROL.test(text)) {
    const copied = /^movq %(r\w+), %r\w+$/.exec(text)?.[1]
    const what = copied === undefined ? undefined : frame.get(copied)
    if (what === undefined) frame.delete(written)
    else frame.set(written, what)
  }
  if (CONTROL.test(text)) return 'control'
  const memory = /\(%|\(,%/.test(text)
  if (FLOAT.test(text)) return /^v?mov/.test(text) && memory ? 'memory' : 'arithmetic'
  return memory && !text.startsWith('lea') ? 'memory' : 'addresses'
}
