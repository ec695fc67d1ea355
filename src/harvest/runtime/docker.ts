/** Models in containers, by the `harvest` service of compose.yaml. */
import { readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { readService } from '../../config/compose.ts'
import { fileEntry } from '../../containers/container.ts'
import type { ContainerExit, ContainerSpec, Engine, Image } from '../../containers/engine.ts'
import { environmentError } from '../../errors.ts'
import { log } from '../../log.ts'
import { entryOptions } from './entry.ts'
import { parseEvent } from './events.ts'
import { mergeXlaFlags } from './flags.ts'
import type { ModelRef } from './models.ts'
import { collector, type ProcessEnd } from './outcome.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

type Input = ContainerSpec['inputs'][number]

/** Where a user's own model appears in the container. */
const MODEL_FOLDER = '/model'

export function dockerRuntime(engine: Engine, options: RuntimeOptions): Runtime {
  const service = readService('harvest')
  let image: Image | undefined
  return {
    kind: 'docker',
    async prepare() {
      const left = await engine.reap()
      if (left.length > 0) log.info(`removed ${left.length} containers left by an xlab that is gone`)
      image =
        options.image !== undefined
          ? await engine.findImage(options.image, options.signal)
          : await engine.ensureImage(
              { name: service.image, context: service.build.context, dockerfile: service.build.dockerfile },
              options.signal,
            )
    },
    async run(request) {
      if (image === undefined) throw new Error('prepare() comes before run()')
      const models = service.mounts.find(mount => mount.readOnly)
      const dumps = service.mounts.find(mount => !mount.readOnly)
      if (!models || !dumps) throw environmentError('compose.yaml mounts no models or no dumps folder')
      const dumpDir = `${dumps.target}/run`
      const events = collector()
      const exit = await engine.run({
        ...service,
        image: image.name,
        command: [containerPath(request.model), ...entryOptions(request, service)],
        environment: {
          ...service.environment,
          XLA_FLAGS: mergeXlaFlags(
            service.environment.XLA_FLAGS ?? '',
            `--xla_dump_to=${dumpDir} ${request.xlaFlags}`,
          ),
        },
        inputs: [folderInput(models.source, models.target), ...modelInputs(request.model)],
        output: { source: request.dumpDir, target: dumpDir, volume: dumps.target },
        timeLimitSeconds: request.timeLimitSeconds,
        signal: request.signal,
        onLine(line) {
          const event = parseEvent(line)
          if (event === undefined) return
          events.add(event)
          request.onEvent(event)
        },
      })
      return {
        ...events.conclude(endOf(exit), exit.log, { ...request, memoryBytes: service.memoryBytes }),
        log: exit.log,
        facts: events.facts,
        timings: events.timings,
        losses: events.losses,
        image: image.name,
        imageDigest: image.digest,
        seconds: exit.seconds,
      }
    },
  }
}

/** A shell's habit, followed by Docker: 128 + N is signal N. */
function endOf(exit: ContainerExit): ProcessEnd {
  if (exit.state !== 'exited') return { state: exit.state }
  const signal = Object.entries(constants.signals).find(([, number]) => exit.code === 128 + number)?.[0]
  return signal === undefined ? { state: 'exited', code: exit.code } : { state: 'signalled', signal }
}

const containerPath = (model: ModelRef): string =>
  model.kind === 'zoo' ? model.name : `${MODEL_FOLDER}/${basename(model.path)}`

/** A script brings its folder, for the modules beside it; a Keras file or SavedModel comes alone. */
function modelInputs(model: ModelRef): Input[] {
  if (model.kind === 'zoo') return []
  if (model.kind === 'saved-model') return [folderInput(model.path, containerPath(model))]
  if (model.kind === 'script')
    return [
      {
        source: dirname(model.path),
        target: MODEL_FOLDER,
        volume: MODEL_FOLDER,
        // To a remote engine go the Python files alone: the folder may be anybody's home.
        files: () => filesUnder(dirname(model.path), { deep: false, only: '.py' }),
      },
    ]
  return [
    {
      source: model.path,
      target: containerPath(model),
      volume: MODEL_FOLDER,
      files: () => [fileEntry(model.path, basename(model.path))],
    },
  ]
}

const folderInput = (source: string, target: string): Input => ({
  source,
  target,
  volume: target,
  files: () => filesUnder(source, { deep: true, only: '' }),
})

function filesUnder(
  folder: string,
  { deep, only }: { deep: boolean; only: string },
): ReturnType<Input['files']> {
  return readdirSync(folder, { recursive: deep, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(only) && !entry.parentPath.includes('__pycache__'))
    .map(entry => join(entry.parentPath, entry.name))
    .map(path => fileEntry(path, path.slice(folder.length + 1)))
}
