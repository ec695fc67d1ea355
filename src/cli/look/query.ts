/** `xlab query`: a named query, or read-only SQL. */
import { join } from 'node:path'
import { ROOT } from '../../config/paths.ts'
import { EXIT, type ExitCode, environmentError, usageError, XlabError } from '../../errors.ts'
import { limited } from '../../llvm/limits.ts'
import { describeExit, run as runProgram } from '../../process/run.ts'
import { columnsOf, parseFormat, printTable, type Row } from '../../report/format.ts'
import { namedQuery, QUERIES } from '../../report/queries.ts'
import type { ChildAnswer } from '../../store/queries/read-only-sql.ts'
import type { Options } from '../command.ts'
import type { Context } from '../context.ts'
import { wholeNumber } from '../numbers.ts'

const DEFAULT_LIMIT_SECONDS = 60
const MEMORY_MIB = 6144

export async function run(args: readonly string[], options: Options, context: Context): Promise<ExitCode> {
  const format = parseFormat(options.output)
  const [text] = args
  if (options.list === true || text === undefined) {
    printTable(
      QUERIES.map(({ name, summary }) => ({ name, summary })),
      ['name', 'summary'],
      format,
    )
    return EXIT.ok
  }
  const seconds = wholeNumber(options.timeLimit ?? DEFAULT_LIMIT_SECONDS, '--time-limit', 1, 604_800)
  const filter = typeof options.filter === 'string' ? options.filter : undefined
  if (/^[\w-]+$/.test(text.trim())) {
    const query = namedQuery(text.trim())
    printTable(query.rows(context.readOnlyStore(), filter), query.columns, format)
    return EXIT.ok
  }
  if (filter !== undefined) throw usageError('--filter goes with named queries', 'put a WHERE into the SQL')
  const { columns, rows } = await askChild(text, seconds, context)
  const named = rows.map((row): Row => Object.fromEntries(columns.map((name, i) => [name, row[i]])))
  printTable(named, named.length > 0 ? columnsOf(named) : columns, format)
  return EXIT.ok
}

/** Runs the SQL in a child, which can be stopped by a time limit or Ctrl-C. */
async function askChild(
  sql: string,
  seconds: number,
  context: Context,
): Promise<Extract<ChildAnswer, { state: 'ok' }>> {
  const program = join(ROOT, 'src/store/queries/read-only-sql.ts')
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', program, context.dbPath]
  // Should we be killed, nobody stops it but the limit on its processor time.
  const [file, args] = limited(command, MEMORY_MIB, 2 * seconds + 10)
  const exit = await runProgram(file, args, {
    input: sql,
    timeoutMs: seconds * 1000,
    maxBytes: 512 << 20,
    signal: context.signal,
  })
  context.signal.throwIfAborted()
  if (exit.state === 'timeout')
    throw usageError(
      `the query took longer than ${seconds} s and was stopped`,
      'narrow it, or raise --time-limit',
    )
  if (exit.state === 'flooded') throw usageError('the answer is larger than 512 MB', 'add a LIMIT')
  if (exit.state === 'signalled')
    throw usageError(`the query took more memory than it may (${exit.signal})`, 'add a LIMIT')
  if (exit.state !== 'exited' || exit.code !== 0)
    throw environmentError(
      `the query ended badly: ${describeExit(exit)}`,
      exit.stderr.trim().split('\n').at(-1),
    )
  const answer = JSON.parse(exit.stdout.toString('utf8')) as ChildAnswer
  if (answer.state === 'ok') return answer
  throw new XlabError(answer.exitCode as ExitCode, answer.message, answer.hint)
}
