/** What a shell's completion asks: answers at once, loads only what the word at hand needs, and never complains. */
import { DEFAULT_DB, userPath } from '../../config/paths.ts'
import type { Settings } from '../../config/settings/settings.ts'
import { oneLine } from '../../report/text-width.ts'
import { COMMANDS } from '../commands.ts'
import { EVERYWHERE } from '../shared-options.ts'
import { complete } from './complete.ts'
import type { Sources } from './values.ts'

/** `words`: those behind the program's name, the last one being typed. Prints a line an offer, or `:files`. */
export async function answerShell(words: readonly string[]): Promise<void> {
  const sources: Sources = {
    store: async () => {
      const { openCurrentStore } = await import('../../store/open.ts')
      return openCurrentStore(userPath(givenTo('--db', words) ?? DEFAULT_DB))
    },
    settings: () => settings(givenTo('--config', words)),
  }
  const found = await complete(words, COMMANDS, EVERYWHERE, sources)
  const lines =
    found.state === 'files'
      ? [':files']
      : found.offers
          // What would need quoting a shell cannot be told simply.
          .filter(({ value }) => oneLine(value) === value)
          .map(({ value, about }) => (about ? `${value}\t${oneLine(about)}` : value))
  process.stdout.write(lines.map(line => `${line}\n`).join(''))
}

/** A file with mistakes in it offers nothing; commands say what is wrong with it. */
async function settings(path: string | undefined): Promise<Settings> {
  const { loadSettings } = await import('../../config/settings/settings.ts')
  try {
    return loadSettings({ path })
  } catch {
    return { file: undefined, hosts: [], llms: [] }
  }
}

/** What stands behind another option of the same line. */
function givenTo(option: string, words: readonly string[]): string | undefined {
  const at = words.indexOf(option)
  return at >= 0 && at < words.length - 2 ? words[at + 1] : undefined
}
