/** The compile service: makes one build with real `opt` and `llc`, in a private directory, under limits. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentError } from '../errors.ts'
import type { BuildRequest, BuildResult } from '../kernel/build.ts'
import { countInstructions } from '../llvm/instructions.ts'
import { limited } from '../llvm/limits.ts'
import { contentHash, ObjectError, parseObject, sizesOf, undefinedSymbols } from '../llvm/object/object.ts'
import { isBitcode } from '../llvm/reading/bitcode.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import { describeExit, type Exit, run, succeeded } from '../process/run.ts'
import { inScratch } from '../process/scratch.ts'
import { buildSteps, commandLine, type Program } from './commands.ts'
import { functionsFor } from './functions.ts'
import { llvmWords } from './llvm-words.ts'

export interface CompileOptions {
  readonly signal?: AbortSignal | undefined
  /** Longest each program may run. */
  readonly timeoutMs?: number
  readonly memoryMiB?: number | undefined
}

/**
 * Builds `input`: IR text, bitcode, or, when the request's input is `object`, an object to be measured as it is.
 * What the compiler refuses, crashes on or never ends with is a `broken` result. Equal requests give equal bytes.
 */
export async function compile(
  toolchain: Toolchain,
  request: BuildRequest,
  input: Uint8Array,
  options: CompileOptions = {},
): Promise<BuildResult> {
  const started = performance.now()
  const seconds = (): number => (performance.now() - started) / 1000
  if (request.input === 'object')
    return measured(toolchain, { object: input, ir: undefined, commands: [], seconds })
  const bitcode = isBitcode(input)
  const steps = buildSteps(request, bitcode, await functionsFor(toolchain, request, () => input))
  const commands = steps.map(commandLine)
  return await inScratch(`build-${process.pid}`, async directory => {
    await writeFile(join(directory, 'IN'), input)
    for (const step of steps) {
      if (step.tool === 'printf') {
        await writeFile(join(directory, 'ATTRS'), step.lines.map(line => `${line}\n`).join(''))
        continue
      }
      const failure = await runStep(toolchain, step, directory, options)
      if (failure) return { state: 'broken', step: step.tool, ...failure, commands, seconds: seconds() }
    }
    const object = await readFile(join(directory, 'OUT')).catch(ifMissing)
    if (object === undefined) {
      const message = 'llc wrote no object'
      return { state: 'broken', step: 'llc', message, commands, seconds: seconds() }
    }
    const ir = steps.some(({ tool }) => tool === 'opt') ? await readFile(join(directory, 'MID')) : input
    return await measured(toolchain, { object, ir, commands, seconds })
  })
}

/** What LLVM's programs may use. */
export const MEMORY_MIB = 4096
/** Signals that are not the input's doing: a limit, or somebody who ends programs. */
const OUTSIDE: ReadonlySet<string> = new Set(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'])
export const QUIET_CRASH = { LLVM_DISABLE_SYMBOLIZATION: '1' }

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function runStep(
  toolchain: Toolchain,
  step: Program,
  cwd: string,
  options: CompileOptions,
): Promise<{ message: string; unclear?: true } | undefined> {
  const command = [toolchain.bin(step.tool), ...step.args]
  const [file, args] = limited(command, options.memoryMiB ?? MEMORY_MIB)
  const exit = await run(file, args, {
    cwd,
    bare: true,
    env: QUIET_CRASH,
    timeoutMs: options.timeoutMs ?? 120_000,
    maxBytes: 1 << 20,
    ...(options.signal && { signal: options.signal }),
  })
  if (succeeded(exit)) return undefined
  options.signal?.throwIfAborted()
  if (exit.state === 'missing') throw environmentError(exit.why)
  if (/no space left on device/i.test(exit.stderr)) throw environmentError('no space left on the disk')
  const message = messageOf(exit)
  const outside = exit.state === 'timeout' || (exit.state === 'signalled' && OUTSIDE.has(exit.signal))
  return outside ? { message, unclear: true } : { message }
}

/** LLVM's own words, or how it ended. */
export const messageOf = (exit: Exit): string => llvmWords(exit.stderr, describeExit(exit))

async function measured(
  toolchain: Toolchain,
  made: {
    object: Uint8Array
    ir: Uint8Array | undefined
    commands: readonly string[]
    seconds: () => number
  },
): Promise<BuildResult> {
  const { object, ir, commands } = made
  try {
    const parsed = parseObject(object)
    const instructions = await countInstructions(toolchain, object)
    return {
      state: 'ok',
      object,
      ir,
      sizes: sizesOf(parsed),
      instructions,
      contentHash: contentHash(parsed),
      undefinedSymbols: undefinedSymbols(parsed),
      commands,
      seconds: made.seconds(),
    }
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error
    return { state: 'broken', step: 'object', message: error.message, commands, seconds: made.seconds() }
  }
}
