/** What a command is. Commands are declared in one table and loaded only when they run. */
import type { ExitCode } from '../errors.ts'
import type { Context } from './context.ts'

/** Options as commander parsed them: camel-cased names, values as typed by the user. */
export type Options = Readonly<Record<string, string | boolean | string[] | undefined>>

export interface CommandModule {
  run(args: readonly string[], options: Options, context: Context): Promise<ExitCode>
}

export interface Command {
  readonly name: string
  readonly alias?: string
  /** Positional arguments as commander writes them: `[model...]`. */
  readonly arguments?: string
  readonly summary: string
  readonly options?: readonly (readonly [flags: string, description: string, defaultValue?: string])[]
  readonly examples: readonly string[]
  /** What to run next, once it has gone well. */
  next?(args: readonly string[], options: Options): string | undefined
  load(): Promise<CommandModule>
}
