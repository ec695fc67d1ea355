/** Models in a Python environment on this machine: the same entry, wheels and limits as in the container. */
import { join } from 'node:path'
import { readService, type Service } from '../../config/compose.ts'
import { MODELS_DIR } from '../../config/paths.ts'
import { cappedText } from '../../containers/output.ts'
import { environmentError } from '../../errors.ts'
import { type Exit, run } from '../../process/run.ts'
import { entryOptions } from './entry.ts'
import { parseEvent } from './events.ts'
import { mergeXlaFlags, quotedXlaFlag } from './flags.ts'
import { collector, type ProcessEnd } from './outcome.ts'
import { ensurePython } from './python-env.ts'
import type { RunRequest, Runtime, RuntimeOptions } from './runtime.ts'

export function localRuntime(options: RuntimeOptions): Runtime {
  const service = readService('harvest')
  let python: string | undefined
  return {
    kind: 'local',
    async prepare() {
      python = await ensurePython(options.signal)
    },
    async run(request) {
      if (python === undefined) throw new Error('prepare() comes before run()')
      const events = collector()
      const model = request.model.kind === 'zoo' ? request.model.name : request.model.path
      const exit = await run(
        python,
        [join(MODELS_DIR, 'harvest.py'), model, ...entryOptions(request, service)],
        {
          bare: true,
          env: environment(service, python, request),
          timeoutMs: request.timeLimitSeconds * 1000,
          signal: request.signal,
          leash: true,
          onStdout(line) {
            const event = parseEvent(line)
            if (event === undefined) return
            events.add(event)
            request.onEvent(event)
          },
        },
      )
      request.signal.throwIfAborted()
      const log = cappedText()
      log.add(Buffer.from(exit.stderr))
      return {
        ...events.conclude(endOf(exit), exit.stderr, { ...request, memoryBytes: service.memoryBytes }),
        log: log.text(),
        facts: events.facts,
        timings: events.timings,
        losses: events.losses,
        seconds: exit.seconds,
      }
    },
  }
}

/** The container's environment, with this machine's places; nothing else of the user's leaks in. */
function environment(service: Service, python: string, request: RunRequest): Record<string, string> {
  const { PYTHONDONTWRITEBYTECODE: _, ...shared } = service.environment
  const dumpTo = quotedXlaFlag('xla_dump_to', request.dumpDir)
  return {
    ...shared,
    XLA_FLAGS: mergeXlaFlags(shared.XLA_FLAGS ?? '', `${dumpTo} ${request.xlaFlags}`),
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: process.env.HOME ?? '/tmp',
    LANG: 'C.UTF-8',
    // Compiled Python is kept in one place of ours, not beside the user's files.
    PYTHONPYCACHEPREFIX: join(python, '../../pycache'),
  }
}

function endOf(exit: Exit): ProcessEnd {
  switch (exit.state) {
    case 'exited':
      return { state: 'exited', code: exit.code }
    case 'signalled':
      return { state: 'signalled', signal: exit.signal }
    case 'timeout':
    case 'flooded':
      return { state: exit.state }
    case 'cancelled':
      return { state: 'signalled', signal: 'SIGTERM' }
    case 'missing':
      throw environmentError(`Python could not be started: ${exit.why}`)
  }
}
