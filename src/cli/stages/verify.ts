/** `xlab verify`: judge what has no verdict, or say whether two functions given as files are equal. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { inState, userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode, usageError } from '../../errors.ts'
import { readText } from '../../harvest/dump-files.ts'
import { localHost } from '../../hosts/local.ts'
import type { JudgeServices } from '../../judge/judge.ts'
import { PASSING } from '../../kernel/verdict.ts'
import { disassemble } from '../../llvm/reading/disassemble.ts'
import { openReader } from '../../llvm/reading/reader.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { type PairVerdict, pairFunctions, verifyPairs } from '../../verify/pairs.ts'
import { summaryLines, verifyStage } from '../../verify/stage.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { jobsOf, wholeNumber } from '../numbers.ts'
import { requireKernels, requireSome } from '../selection.ts'
import { hostsOf } from './on-hosts.ts'

export async function run(files: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  if (files.length > 2) throw usageError('verify takes no file, one with @src and @tgt, or two: BEFORE AFTER')
  const seed = wholeNumber(options.seed, '--seed', 0)
  const trials = wholeNumber(options.trials, '--trials', 1, 100_000)
  const jobs = jobsOf(options.jobs)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  const texts = files.map(textOf)
  if (files.length === 0) {
    requireKernels(context.readOnlyStore(), filter)
    requireSome(context.readOnlyStore(), 'build')
  }
  const toolchain = await ensureToolchain({ signal: context.signal })
  const directory = inState('work')
  await mkdir(directory, { recursive: true })
  const [entry, second] = hostsOf(options.host, context.settings())
  if (second) throw usageError('verify runs on one host at a time', `first --host ${entry?.name}`)
  const host = (await entry?.open(context.signal)) ?? (await localHost())
  context.onExit(() => host.close())
  const services: JudgeServices = {
    toolchain,
    host,
    lanes: context.lanes(jobs),
    directory,
    seed,
    trials,
    signal: context.signal,
  }
  if (texts.length > 0) return await verifyFiles(files, texts, options, services)

  const summary = await verifyStage({ ...services, store: context.store(), filter })
  if (options.json === true) {
    const counts = [...summary.byProposer].map(([proposer, states]) => [proposer, Object.fromEntries(states)])
    console.log(JSON.stringify({ judged: summary.judged, proposers: Object.fromEntries(counts) }))
  } else if (summary.judged === 0) log.info('every build that can be run has its verdict')
  else for (const line of summaryLines(summary)) console.log(line)
  return EXIT.ok
}

function textOf(file: string): string {
  const path = userPath(file)
  if (!existsSync(path)) throw usageError(`there is no file ${file}`)
  const text = readText(path)
  if (text.state === 'refused')
    throw usageError(
      `${file}: ${text.reason}`,
      text.reason.includes('not') ? 'llvm-dis makes text from bitcode' : undefined,
    )
  if (text.data.trim() === '') throw usageError(`${file}: it is empty`)
  return text.data
}

async function verifyFiles(
  files: readonly string[],
  texts: readonly string[],
  options: Options,
  services: JudgeServices,
): Promise<ExitCode> {
  const [before = '', after] = await readable(files, texts, services)
  const pairs = named(files, () => pairFunctions(before, after))
  if (pairs.length === 0)
    throw usageError(
      `${files[0]} has no @src and @tgt`,
      'name a pair so, or @src1 and @tgt1 and so on, or give two files',
    )
  const verdicts = await verifyPairs(pairs, { ...services, flushDenormals: options.flushDenormals === true })
  if (options.json === true) console.log(JSON.stringify(verdicts, null, 2))
  else for (const verdict of verdicts) console.log(describe(verdict))
  const states = verdicts.map(({ verdict }) => verdict.state)
  if (states.some(state => state === 'refuted' || state === 'broken')) return EXIT.failed
  return states.every(state => PASSING.includes(state)) ? EXIT.ok : EXIT.partly
}

/** The texts as the pinned LLVM reads them; newer syntax goes through bitcode. Rejections name file and line. */
async function readable(
  files: readonly string[],
  texts: readonly string[],
  { toolchain, signal }: JudgeServices,
): Promise<string[]> {
  const reader = await openReader(toolchain, signal === undefined ? {} : { signal })
  try {
    const out: string[] = []
    for (const [i, text] of texts.entries()) {
      const result = await reader.read(text)
      if (result.state === 'rejected')
        throw usageError(`${files[i]}: ${result.message}`.replace(': <input>:', ':'))
      out.push(result.bitcode === undefined ? text : await disassemble(toolchain, result.bitcode, signal))
    }
    return out
  } finally {
    await reader.close()
  }
}

function named<T>(files: readonly string[], work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof SyntaxError) throw usageError(`${files.join(', ')}: ${error.message}`)
    throw error
  }
}

/** `f: refuted, for (i32 5, i32 0): 3 expected, 4 given`. */
function describe({ name, verdict, signature }: PairVerdict): string {
  const { state, reason, counterexample: c, trials } = verdict
  const head = `${name === '' ? 'src' : name}: ${state === 'unknown' ? 'undecided' : state}`
  if (c !== undefined) {
    const scalar = c.values !== undefined && signature?.arguments.at(-1)?.name === 'the result'
    const inputs = scalar
      ? `(${c.values?.join(', ')})`
      : `${c.inputs} inputs, trial ${c.trial}, seed ${c.seed}`
    const place = scalar ? 'it' : `argument ${c.argument}[${c.element}]`
    const why = reason === undefined ? '' : `; ${reason}`
    return `${head}: for ${inputs}, ${place} is ${c.expected} before and ${c.actual} after${why}`
  }
  if (PASSING.includes(state))
    return `${head}${trials > 0 ? ` (${trials} ${state === 'exhausted' ? 'inputs, all there are' : 'trials'})` : ''}`
  return `${head}: ${reason ?? 'no reason is known'}`
}
