/** The entry: parses the command line, runs one command, and is the only place that ends the process. */
import { CommanderError, Command as Program } from 'commander'
import type { Command, Options } from './cli/command.ts'
import { COMMANDS } from './cli/commands.ts'
import { EVERYWHERE } from './cli/shared-options.ts'
import { EXIT, type ExitCode, nearest, unknownName, worldError, XlabError } from './errors.ts'
import { log, setQuiet } from './log.ts'

/** `xlab __complete -- WORD…` is what the scripts of `xlab completion` ask. */
const COMPLETE = '__complete'

const interrupt = new AbortController()
let interrupts = 0
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    interrupt.abort(new XlabError(EXIT.interrupted, 'interrupted'))
    if (++interrupts > 1) process.exit(EXIT.interrupted)
  })
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough.
  process.exit(error.code === 'EPIPE' ? EXIT.ok : explain(error))
})
// Nobody is there to be told; the work goes on.
process.stderr.on('error', () => {})

async function runCommand(command: Command, args: readonly string[], options: Options): Promise<ExitCode> {
  const { createContext } = await import('./cli/context.ts')
  const { context, release } = createContext({
    signal: interrupt.signal,
    ...(typeof options.db === 'string' && { db: options.db }),
    ...(typeof options.config === 'string' && { config: options.config }),
  })
  if (options.quiet === true) setQuiet()
  if (options.pager === false) (await import('./report/terminal/pager.ts')).turnPagerOff()
  try {
    const loaded = await command.load()
    const code = await loaded.run(args, options, context)
    const next = code === EXIT.ok || code === EXIT.partly ? command.next?.(args, options) : undefined
    if (next !== undefined)
      log.info(`next: ${next}${typeof options.db === 'string' ? ` --db ${options.db}` : ''}`)
    return code
  } finally {
    await release()
  }
}

function buildProgram(done: (code: ExitCode) => void): Program {
  const program = new Program('xlab')
    .description(
      'Collect the LLVM IR kernels XLA emits, optimise them, prove or refute each result, and measure it fairly.',
    )
    .version('0.1.0')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false)
    .helpCommand(true)
  for (const [flags, description] of EVERYWHERE.slice(0, 3)) program.option(flags, description)
  for (const command of COMMANDS) {
    const sub = program
      .command(`${command.name} ${command.arguments ?? ''}`.trim())
      .description(command.summary)
    if (command.alias !== undefined) sub.alias(command.alias)
    for (const [flags, description, value] of command.options ?? []) sub.option(flags, description, value)
    for (const [flags, description] of EVERYWHERE) sub.option(flags, description)
    sub.exitOverride().configureOutput({ outputError: () => {} })
    sub.addHelpText('after', `\nExamples:\n${command.examples.map(line => `  $ ${line}`).join('\n')}`)
    sub.action(async () => {
      done(await runCommand(command, sub.args, { ...program.opts(), ...sub.opts() }))
    })
  }
  return program
}

const NAMES = COMMANDS.flatMap(c => [c.name, ...(c.alias !== undefined ? [c.alias] : [])])

/** commander would print the list of commands for a name it does not know, and not say why. */
function checkHelp([, , first, name]: readonly string[]): void {
  if (first === 'help' && name !== undefined && !name.startsWith('-') && ![...NAMES, 'help'].includes(name))
    throw unknownName('command', name, NAMES)
}

function explain(error: unknown): ExitCode {
  if (interrupt.signal.aborted) {
    log.info('interrupted; what was finished is stored, and the same command continues from there')
    return EXIT.interrupted
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok
    if (error.code === 'commander.help') return EXIT.usage
    log.error(error.message.replace(/^error: /, '').replace(/\n\(Did you mean.*$/s, ''))
    const typed = /unknown command '(.+?)'/.exec(error.message)?.[1]
    const near = typed === undefined ? [] : nearest(typed, NAMES)
    const meant = near[0] ?? /Did you mean (.*?)\?/.exec(error.message)?.[1]
    const given = COMMANDS.find(({ name }) => name === process.argv[2])
    log.hint(
      meant !== undefined
        ? `did you mean ${meant}?`
        : `see 'xlab ${given === undefined ? '' : `${given.name} `}--help'`,
    )
    return EXIT.usage
  }
  const known = error instanceof XlabError ? error : worldError(error)
  if (known !== undefined) {
    log.error(known.message)
    if (known.hint !== undefined) log.hint(known.hint)
    return known.exitCode
  }
  log.error(
    `this is a bug in xlab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return EXIT.failed
}

let exitCode: ExitCode = EXIT.ok
try {
  // A shell that waits for a completion pays for nothing else.
  if (process.argv[2] === COMPLETE)
    await (await import('./cli/completion/answer.ts')).answerShell(process.argv.slice(4))
  else {
    checkHelp(process.argv)
    await buildProgram(code => {
      exitCode = code
    }).parseAsync()
  }
} catch (error) {
  exitCode = explain(error)
}
// What is still in a pipe's buffer would be lost.
await new Promise(flushed => process.stdout.write('', flushed))
process.exit(exitCode)
