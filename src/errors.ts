/** What stops xlab. Failures of a subject (a model, a kernel, a build) are data and never come here. */

/** Exit codes of the command line; tests and scripts rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partly: 3, environment: 5, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** An error meant for the person at the terminal: what happened, and a line saying what to do about it. */
export class XlabError extends Error {
  readonly exitCode: ExitCode
  readonly hint: string | undefined

  constructor(exitCode: ExitCode, message: string, hint?: string) {
    super(message)
    this.name = 'XlabError'
    this.exitCode = exitCode
    this.hint = hint
  }
}

/** The user asked for something that cannot be: unknown name, wrong option, unreadable argument. */
export const usageError = (message: string, hint?: string): XlabError =>
  new XlabError(EXIT.usage, message, hint)

/** The world is not as needed: no engine, no Python, no disk, no network. */
export const environmentError = (message: string, hint?: string): XlabError =>
  new XlabError(EXIT.environment, message, hint)

/** What failures of the world mean to a person, by the start of their code: Node's (errno) or SQLite's. */
const WORLD: readonly (readonly [codes: RegExp, message: string, hint: string])[] = [
  [
    /^(ENOSPC|EDQUOT|SQLITE_FULL)/,
    'no space left on the disk',
    "free some room and run the same command again; 'xlab clean' removes old work folders",
  ],
  [
    /^SQLITE_(BUSY|LOCKED)/,
    'the database is locked by another process',
    'wait for it and run the same command again, or use another --db',
  ],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'the database is damaged', 'restore a copy of it, or use another --db'],
  [
    /^SQLITE_(IOERR|CANTOPEN|READONLY)/,
    'the database cannot be read or written',
    'check its disk and permissions',
  ],
  [
    /^(EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ENOENT|EISDIR|EIO)/,
    'a file or folder cannot be used',
    'check that it is there and may be written; XLAB_STATE and --db name other places',
  ],
  [
    /^(EMFILE|ENFILE|ENOMEM|EAGAIN)/,
    'the system is out of a resource',
    "close something, raise 'ulimit', or use a smaller --jobs",
  ],
]

/** The environment error behind an error of the system or of SQLite, or undefined for any other: a bug. */
export function worldError(error: unknown): XlabError | undefined {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  const [, what, hint] = WORLD.find(([codes]) => typeof code === 'string' && codes.test(code)) ?? []
  return what === undefined ? undefined : environmentError(`${what}: ${message}`, hint)
}

/** The names nearest to `typed` by edit distance, best first; for "did you mean". */
export function nearest(typed: string, names: Iterable<string>, most = 3): string[] {
  return [...names]
    .map(name => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance < name.length && distance <= Math.max(2, Math.ceil(name.length / 3)),
    )
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(({ name }) => name)
}

/** A usage error for a word that names nothing, with the nearest names and, if few, all of them. */
export function unknownName(kind: string, typed: string, names: Iterable<string>): XlabError {
  const all = [...names]
  const close = nearest(typed, all)
  const hint =
    close.length > 0
      ? `did you mean ${close.join(', ')}?`
      : `known: ${all.slice(0, 20).join(', ')}${all.length > 20 ? ', …' : ''}`
  return usageError(`unknown ${kind} '${typed}'`, hint)
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
