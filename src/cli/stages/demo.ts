/** `xlab demo`: the whole story on two small models, by running the commands a person would. */
import { relative } from 'node:path'
import { RESULTS_DIR, userPath } from '../../config/paths.ts'
import { EXIT, type ExitCode } from '../../errors.ts'
import { log } from '../../log.ts'
import type { CommandModule, Options } from '../command.ts'
import { COMMANDS } from '../commands.ts'
import { createContext } from '../context.ts'

const MODELS = ['mlp', 'cnn']
const DEMO_DB = `${RESULTS_DIR}/demo.db`
const REPORTS = [`${RESULTS_DIR}/demo.md`, `${RESULTS_DIR}/demo.html`]
/** The language model works on a few kernels only: its answers take seconds each. */
const FEW = 'sample:6'
const ANSWERS = '4'

export const run: CommandModule['run'] = async (_args, options, outer) => {
  const started = performance.now()
  const db = typeof options.db === 'string' ? userPath(options.db) : DEMO_DB
  const here = (path: string) => relative(process.cwd(), path) || path
  const { context, release } = createContext({ db, signal: outer.signal })
  outer.onExit(release)

  const steps: readonly (readonly [name: string, args: readonly string[], options: Options])[] = [
    ['harvest', MODELS, { runtime: options.runtime, image: options.image, xlaFlags: options.xlaFlags }],
    ['optimise', [], {}],
    ['optimise', [], { with: `random:${ANSWERS},llm`, samples: ANSWERS, filter: FEW }],
    ['verify', [], {}],
    ['bench', [], { budget: '60s' }],
    ...REPORTS.map(output => ['report', [], { output: here(output) }] as const),
    ['query', ['llm'], {}],
  ]
  let worst: ExitCode = EXIT.ok
  for (const [index, [name, args, own]] of steps.entries()) {
    const command = COMMANDS.find(entry => entry.name === name)
    if (!command) throw new Error(`no command ${name}`)
    log.info(
      `\n[${index + 1}/${steps.length}] xlab ${[name, ...args, ...typed(own)].join(' ')} --db ${here(db)}`,
    )
    const defaults = Object.fromEntries(
      (command.options ?? []).flatMap(([flags, , value]) => optionDefault(flags, value)),
    )
    const code = await (await command.load()).run(args, { ...defaults, ...defined(own) }, context)
    if (code !== EXIT.ok && code !== EXIT.partly) return code
    if (code === EXIT.partly) worst = code
  }
  log.info(
    `\ndone in ${((performance.now() - started) / 1000).toFixed(0)} s; the reports are ${REPORTS.map(here).join(' and ')}`,
  )
  log.info(`next: ./xlab query results --db ${here(db)}, or harvest your own: ./xlab harvest my_model.py`)
  return worst
}

function optionDefault(flags: string, value: string | undefined): [string, string][] {
  const name = /--([a-z-]+)/.exec(flags)?.[1]?.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return name === undefined || value === undefined ? [] : [[name, value]]
}

/** Options as a person types them. */
const typed = (options: Options): string[] =>
  Object.entries(defined(options)).map(
    ([name, value]) => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} ${value}`,
  )

const defined = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
