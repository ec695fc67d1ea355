/**
 * llvm-mca's estimate of a core's cycles for one iteration of a build's hot loop. An estimate it is: caches, branches
 * and whatever the model of the core lacks are left out, and which loop is hot is guessed from the code's shape.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../kernel/build.ts'
import { describeExit, run, succeeded } from '../process/run.ts'
import { type HotLoop, hotLoop } from './hot-loop.ts'
import type { Toolchain } from './toolchain.ts'

export interface McaEstimate {
  /** Cycles for one iteration in the long run. */
  readonly cycles: number
  /** Instructions of an iteration. */
  readonly instructions: number
  /** Loops around it, itself included. */
  readonly depth: number
}

export type McaResult = McaEstimate | { readonly reason: string }

const ITERATIONS = 100

/** Estimates for objects made for one target, in their order, or why there is none. */
export async function mcaCycles(
  toolchain: Toolchain,
  objects: readonly Uint8Array[],
  target: Target,
  signal?: AbortSignal,
): Promise<McaResult[]> {
  const loops = (await disassembled(toolchain, objects, target, signal)).map(text => hotLoop(text))
  const results: McaResult[] = loops.map(loop =>
    loop ? { reason: 'llvm-mca gave nothing for it' } : { reason: 'its code has no loop' },
  )
  const known = [...loops.entries()].filter((entry): entry is [number, HotLoop] => entry[1] !== undefined)
  const estimates = await analyse(toolchain, known, target, signal)
  for (const [i, { instructions, depth }] of known) {
    const cycles = estimates.get(i)
    if (cycles !== undefined) results[i] = { cycles, instructions, depth }
  }
  return results
}

/** Cycles of an iteration by the loop's number, all in one process, or each in its own where one spoils it for all. */
async function analyse(
  toolchain: Toolchain,
  loops: readonly (readonly [number, HotLoop])[],
  target: Target,
  signal: AbortSignal | undefined,
): Promise<Map<number, number>> {
  if (loops.length === 0) return new Map()
  const comment = target.triple.startsWith('x86_64') ? '#' : '//'
  const input = loops
    .map(([i, { assembly }]) =>
      [
        `${comment} LLVM-MCA-BEGIN ${i}`,
        // Each region its own label: an assembler takes a name once.
        assembly.replaceAll('xlab_loop', `xlab_loop_${i}`),
        `${comment} LLVM-MCA-END ${i}`,
      ].join('\n'),
    )
    .join('\n')
  const exit = await run(
    toolchain.bin('llvm-mca'),
    [
      ...[`-mtriple=${target.triple}`, `-mcpu=${target.cpu}`, `-iterations=${ITERATIONS}`, '-json'],
      ...(target.features === '' ? [] : [`-mattr=${target.features}`]),
      '-',
    ],
    {
      input: `${input}\n`,
      timeoutMs: 30_000 + 500 * loops.length,
      maxBytes: 256 << 20,
      ...(signal && { signal }),
    },
  )
  signal?.throwIfAborted()
  if (succeeded(exit)) return readCycles(exit.stdout.toString('utf8'))
  const [only] = loops
  if (loops.length === 1 || only === undefined) return new Map()
  const half = loops.length >> 1
  return new Map([
    ...(await analyse(toolchain, loops.slice(0, half), target, signal)),
    ...(await analyse(toolchain, loops.slice(half), target, signal)),
  ])
}

function readCycles(json: string): Map<number, number> {
  const { CodeRegions: regions } = JSON.parse(json) as {
    CodeRegions: { Name: string; SummaryView: { TotalCycles: number; Iterations: number } }[]
  }
  return new Map(
    regions.map(({ Name, SummaryView: { TotalCycles, Iterations } }) => [
      Number(Name),
      TotalCycles / Iterations,
    ]),
  )
}

/** Every object as text with addresses, in one process. One that cannot be read is an empty text. */
async function disassembled(
  toolchain: Toolchain,
  objects: readonly Uint8Array[],
  target: Target,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xlab-mca-'))
  try {
    const names = objects.map((_, i) => `${i}.o`)
    await Promise.all(objects.map((object, i) => writeFile(join(folder, names[i] ?? ''), object)))
    const exit = await run(
      toolchain.bin('llvm-objdump'),
      ['-d', '--no-show-raw-insn', `--mcpu=${target.cpu}`, ...names],
      {
        cwd: folder,
        timeoutMs: 60_000 + 200 * objects.length,
        maxBytes: 1 << 30,
        ...(signal && { signal }),
      },
    )
    signal?.throwIfAborted()
    // It ends with 1 when it could not read one of them; the others are there.
    if (exit.state !== 'exited') throw new Error(`llvm-objdump: ${describeExit(exit)}`)
    const parts = exit.stdout.toString('utf8').split(/^(\d+)\.o:\s+file format .*$/m)
    const texts = objects.map(() => '')
    for (let i = 1; i < parts.length; i += 2) texts[Number(parts[i])] = parts[i + 1] ?? ''
    return texts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
