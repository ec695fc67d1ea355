/** `xlab doctor`: what is used, what is missing, and the command that mends it. Fetches nothing. */
import { existsSync } from 'node:fs'
import { readdir, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { engineProblem } from '../../compile/builder.ts'
import { inState, STATE_DIR } from '../../config/paths.ts'
import { findEngine } from '../../containers/engine.ts'
import { EXIT, type ExitCode, XlabError } from '../../errors.ts'
import { findPython as findTensorflowPython } from '../../harvest/runtime/python-env.ts'
import { jailHere } from '../../hosts/jail.ts'
import { nativeTarget } from '../../llvm/targets.ts'
import { ensureToolchain, installedToolchain, NEWER_LLVM_WHEEL, PINNED_LLVM } from '../../llvm/toolchain.ts'
import { findPython, isFetched } from '../../llvm/wheels.ts'
import { ZIG_WHEEL } from '../../llvm/zig.ts'
import { plural } from '../../log.ts'
import { builtinFetched, llamaPython } from '../../optimise/llm/server/builtin.ts'
import { openStoreReadOnly } from '../../store/open.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'

/** `later`: not here yet, and fetched by itself when it is first needed. */
interface Finding {
  readonly part: string
  readonly state: 'ok' | 'later' | 'missing'
  readonly detail: string
  readonly fix?: string
}

const LOW_DISK_GB = 4

export async function run(_args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const pip = await attempt('Python with pip', async () => `${await findPython()}, fetches pinned parts`)
  const llvm = typeof options.llvm === 'string' ? options.llvm : undefined
  const findings = [
    ok('Node.js', `${process.version}, ${process.execPath}`),
    pip,
    ...(await llvmFindings(llvm, pip)),
    fetched('LLVM 23, reader of newer IR', isFetched(NEWER_LLVM_WHEEL), pip),
    fetched('zig, linker of runners', isFetched(ZIG_WHEEL), pip),
    ...(await jailFindings()),
    await languageModelFinding(pip),
    ...(await runtimeFindings()),
    await diskFinding(),
    await databaseFinding(context.dbPath),
  ]
  if (options.json === true) console.log(JSON.stringify(findings, undefined, 2))
  else for (const finding of findings) print(finding)
  return findings.some(finding => finding.state === 'missing') ? EXIT.environment : EXIT.ok
}

const ok = (part: string, detail: string): Finding => ({ part, state: 'ok', detail })

function print({ part, state, detail, fix }: Finding): void {
  const mark = { ok: 'ok', later: '--', missing: 'MISSING' }[state]
  console.log(`${mark.padEnd(8)}${part}: ${detail}`)
  if (fix !== undefined) console.log(`${' '.repeat(8)}→ ${fix}`)
}

/** A finding from work that throws, with its hint as the fix. */
async function attempt(part: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return ok(part, await look())
  } catch (error) {
    if (!(error instanceof XlabError)) throw error
    const { message: detail, hint } = error
    return { part, state: 'missing', detail, ...(hint !== undefined && { fix: hint }) }
  }
}

/** A part that pip brings: there, to come, or impossible. */
function fetched(part: string, here: boolean, pip: Finding): Finding {
  if (here) return ok(part, 'fetched')
  if (pip.state === 'ok') return { part, state: 'later', detail: 'fetched when first needed' }
  return { part, state: 'missing', detail: 'cannot be fetched without pip', ...(pip.fix && { fix: pip.fix }) }
}

async function llvmFindings(named: string | undefined, pip: Finding): Promise<Finding[]> {
  const part = `LLVM ${PINNED_LLVM}`
  const found = await attempt(part, async () => {
    const toolchain =
      named === undefined ? await installedToolchain() : await ensureToolchain({ llvm: named })
    return toolchain ? `${toolchain.version}, ${toolchain.source}` : ''
  })
  if (found.state === 'ok' && found.detail === '') return [fetched(part, false, pip)]
  if (found.state !== 'ok') return [found]
  const toolchain = await ensureToolchain({ llvm: named })
  const target = await nativeTarget(toolchain)
  const engine = await attempt('libLLVM in workers', async () => {
    const problem = await engineProblem(toolchain)
    return problem === undefined
      ? `${toolchain.libLlvm}, makes builds without starting opt and llc`
      : `not used, opt and llc make all builds: ${problem}`
  })
  return [found, engine, ok('this machine', `${target.cpu}, ${target.triple}`)]
}

/** One of the two runtimes is enough. */
async function runtimeFindings(): Promise<Finding[]> {
  const engine = await findEngine()
  const docker: Finding =
    engine.state === 'found'
      ? ok('Docker engine', engine.engine.where)
      : { part: 'Docker engine', state: 'later', detail: `none answers (${engine.tried.join('; ')})` }
  const local = await attempt('local runtime', async () => {
    const { command, version } = await findTensorflowPython()
    const made = await readdir(inState('python')).catch(() => [])
    const state = made.length > 0 ? 'TensorFlow installed' : 'TensorFlow is installed when first needed'
    return `${command} (${version}); ${state}`
  })
  const usable = local.state === 'ok' || docker.state === 'ok'
  return [docker, usable && local.state === 'missing' ? { ...local, state: 'later' } : local]
}

/** Layers that a child of the runner really gets on this machine; nothing is said before there is a linker. */
async function jailFindings(): Promise<Finding[]> {
  if (!isFetched(ZIG_WHEEL)) return []
  return [
    await attempt('jail for foreign code', async () => {
      const { jail, clock } = await jailHere()
      return `${jail.join(', ')}; times by the ${clock} clock`
    }),
  ]
}

/** Nothing but `--with llm` and hints need it, and there are other ways to a model. */
async function languageModelFinding(pip: Finding): Promise<Finding> {
  const part = 'built-in language model'
  const found = await attempt(part, async () => `SmolLM2-135M in llama.cpp, run by ${await llamaPython()}`)
  if (found.state !== 'ok') return { ...found, state: 'later' }
  return builtinFetched() ? found : fetched(part, false, pip)
}

async function diskFinding(): Promise<Finding> {
  const place = existsSync(STATE_DIR) ? STATE_DIR : dirname(STATE_DIR)
  const { bavail, bsize } = await statfs(place)
  const free = (bavail * bsize) / 1e9
  const detail = `${free.toFixed(1)} GB free for ${STATE_DIR}`
  if (free >= LOW_DISK_GB) return ok('disk', detail)
  const fix =
    "free some room ('xlab clean' removes old work folders), or set XLAB_STATE to a folder with room"
  return { part: 'disk', state: free < 1 ? 'missing' : 'ok', detail, fix }
}

const databaseFinding = (path: string): Promise<Finding> =>
  attempt('database', async () => {
    if (!existsSync(path)) return `${path}, made by the first harvest`
    const store = openStoreReadOnly(path)
    const kernels = store.prepare('SELECT count(*) FROM kernel').pluck().get() as number
    store.close()
    return `${path}, ${plural(kernels, 'kernel')}`
  })
