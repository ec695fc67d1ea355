/** Hugging Face transformers behind the same API (models-py/llm_server.py): in the user's Python, or in a container. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { readService } from '../../../config/compose.ts'
import { inState, userPath } from '../../../config/paths.ts'
import { type Engine, findEngine } from '../../../containers/engine.ts'
import { environmentError, usageError } from '../../../errors.ts'
import { log } from '../../../log.ts'
import { run, succeeded } from '../../../process/run.ts'
import { dialectFor } from '../dialects/registry.ts'
import { parsed } from './failures.ts'
import { send } from './http.ts'
import type { LanguageModel, ModelServices, Wanted } from './model.ts'
import { SERVER_THREADS, startProgram } from './process.ts'
import { type Running, startServer, tellingLine } from './running.ts'
import { servedModel } from './served.ts'

interface Weights {
  /** Folder of this machine, or undefined for a model of the hub. */
  readonly folder: string | undefined
  readonly id: string
  readonly title: string
  readonly args: readonly string[]
  readonly readySeconds: number
}

/** A container's week. */
const LONGEST_SECONDS = 7 * 86_400

/**
 * A model of the hub, or a folder with `config.json`, safetensors and a tokenizer. Runs in `XLAB_LLM_PYTHON` or
 * python3 where that has PyTorch and transformers, else in the `llm-hf` service of compose.yaml.
 */
export async function openHf(wanted: Wanted, { lanes, signal }: ModelServices): Promise<LanguageModel> {
  const folder = folderOf(wanted.rest)
  const model = wanted.model ?? (folder === undefined ? wanted.rest : basename(folder))
  const dialect = dialectFor(model, wanted.dialect)
  const weights: Weights = {
    ...{ folder, id: wanted.rest, title: `the server of ${model}` },
    readySeconds: folder === undefined ? 7200 : 900,
    args: [
      ...['--leash', '--threads', String(SERVER_THREADS)],
      ...(wanted.context === undefined ? [] : ['--context', String(wanted.context)]),
    ],
  }
  const start = await starter(weights, signal)
  log.info(
    `starting ${model} in transformers${folder === undefined ? ' (its weights are fetched once)' : ''}`,
  )
  const first = await start()
  const props = await send(first.endpoint, '/props', undefined, {
    timeoutMs: 60_000,
    maxBytes: 1 << 20,
    signal,
  })
  const facts = (props.state === 'answered' ? parsed(props.body) : undefined) ?? {}
  if (typeof facts.n_ctx !== 'number') {
    await first.stop()
    throw environmentError(
      `the server of ${model} cannot be reached: ${props.state === 'answered' ? props.status : props.message}`,
      'a container is spoken to through a socket in a folder: the Docker engine must be on this machine',
    )
  }
  let unused: Running | undefined = first
  return servedModel(
    {
      ...{ name: wanted.name, model, dialect, contextTokens: facts.n_ctx, kind: 'transformers' },
      weightsHash: typeof facts.weights === 'string' ? facts.weights : undefined,
      async start() {
        const running = unused ?? (await start())
        unused = undefined
        return running
      },
    },
    lanes,
  )
}

function folderOf(typed: string): string | undefined {
  const path = userPath(typed)
  if (existsSync(join(path, 'config.json'))) return path
  if (/^[./~]/.test(typed) || existsSync(path))
    throw usageError(
      `${typed} is not a folder with a model`,
      'it needs config.json, *.safetensors and a tokenizer',
    )
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(typed)) return undefined
  throw usageError(`'${typed}' is no name of a model`, 'e.g. hf:facebook/llm-compiler-7b-ftd, or hf:./FOLDER')
}

/** How a server is started here. Throws an environment error that says what both ways lack. */
async function starter(weights: Weights, signal: AbortSignal): Promise<() => Promise<Running>> {
  const python = process.env.XLAB_LLM_PYTHON ?? 'python3'
  const probe =
    "import importlib.util as u, sys; sys.exit(not (u.find_spec('torch') and u.find_spec('transformers')))"
  if (succeeded(await run(python, ['-c', probe], { timeoutMs: 60_000, signal }))) {
    const args = ['--model', weights.folder ?? weights.id, ...weights.args]
    return () => startProgram({ ...weights, python, script: 'llm_server.py', args }, signal)
  }
  const found = await findEngine()
  if (found.state === 'none')
    throw environmentError(
      `hf: needs PyTorch and transformers, and ${python} lacks them; nor does a Docker engine answer: ${found.tried.join('; ')}`,
      'start Docker, or name a Python that has both in XLAB_LLM_PYTHON',
    )
  const { image, build } = readService('llm-hf')
  const { name } = await found.engine.ensureImage({ name: image, ...build }, signal)
  return () => startContainer(found.engine, name, weights, signal)
}

/** The service in a container, spoken to through a Unix socket: a model from a folder needs no network at all. */
function startContainer(
  engine: Engine,
  image: string,
  weights: Weights,
  signal: AbortSignal,
): Promise<Running> {
  const service = readService('llm-hf')
  const [models, state] = [
    service.mounts.find(mount => mount.readOnly),
    service.mounts.find(mount => !mount.readOnly),
  ]
  if (!models || !state) throw environmentError('compose.yaml: llm-hf mounts no models or no state folder')
  // What is fetched from the hub is kept; a model of the user's leaves nothing.
  const kept = inState('llm', 'hf')
  if (weights.folder === undefined) mkdirSync(kept, { recursive: true })
  const source = weights.folder === undefined ? kept : mkdtempSync(join(tmpdir(), 'xlab-llm-'))
  const socket = `${process.pid}.socket`
  const here = [join(source, socket), relative(process.cwd(), join(source, socket))]
  const remote = (): never => {
    throw environmentError('hf: needs a Docker engine on this machine, not a remote one')
  }
  const folders = [{ source: models.source, target: models.target }]
  if (weights.folder !== undefined) folders.push({ source: weights.folder, target: '/weights' })
  return startServer({
    ...{ title: weights.title, readySeconds: weights.readySeconds, signal },
    // The path of a socket has 107 bytes at most.
    endpoint: url => ({ url, socketPath: here.reduce((a, b) => (b.length < a.length ? b : a)) }),
    async run(ending, onLine) {
      try {
        const exit = await engine.run({
          ...service,
          image,
          command: [
            ...['--model', weights.folder === undefined ? weights.id : '/weights', ...weights.args],
            ...['--socket', `${state.target}/${socket}`],
          ],
          networkMode: weights.folder === undefined ? service.networkMode : 'none',
          inputs: folders.map(folder => ({ ...folder, volume: folder.target, files: remote })),
          output: { source, target: state.target, volume: state.target },
          ...{ timeLimitSeconds: LONGEST_SECONDS, signal: ending, onLine },
        })
        const words = tellingLine(exit.log)
        return `${exit.state === 'exited' ? `exit code ${exit.code}` : exit.state}${words === '' ? '' : `: ${words}`}`
      } finally {
        rmSync(join(source, socket), { force: true })
        if (weights.folder !== undefined) rmSync(source, { recursive: true, force: true })
      }
    },
  })
}
