/** What can be harvested: zoo models by name, and the user's own files by path. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { MODELS_DIR, userPath } from '../../config/paths.ts'
import { unknownName, usageError } from '../../errors.ts'
import { licenceOf } from '../../kernel/licence.ts'

export interface ModelRef {
  /** What the user typed for a zoo model; the absolute path otherwise. Stored as the harvest's model. */
  readonly name: string
  readonly kind: 'zoo' | 'script' | 'keras' | 'saved-model'
  /** Absolute path of the file, or of the SavedModel folder. */
  readonly path: string
}

const ZOO = join(MODELS_DIR, 'zoo')

/** The zoo, by name, with the first line of each module's docstring. */
export function listModels(): { name: string; summary: string }[] {
  return readdirSync(ZOO)
    .filter(file => /^[a-z]\w*\.py$/.test(file))
    .sort()
    .map(file => ({
      name: basename(file, '.py'),
      summary: /^"""(.*?)(?:"""|$)/m.exec(readFileSync(join(ZOO, file), 'utf8'))?.[1] ?? '',
    }))
}

/** The model `text` names: a zoo name first, else a path from where the user stands. Usage errors otherwise. */
export async function resolveModel(text: string): Promise<ModelRef> {
  const names = listModels().map(model => model.name)
  if (names.includes(text)) return { name: text, kind: 'zoo', path: join(ZOO, `${text}.py`) }
  const path = userPath(text)
  if (!existsSync(path)) {
    if (/[/.\\]/.test(text)) throw usageError(`no such model: ${path}`, `zoo models: ${names.join(', ')}`)
    throw unknownName('model', text, names)
  }
  const kind = kindOf(path)
  if (kind === undefined)
    throw usageError(
      `${path} is not a model`,
      'give a Python file, a .keras file, or a SavedModel folder (one with saved_model.pb)',
    )
  return { name: path, kind, path }
}

/** The licence the model's Python file states of itself; none of a saved model, whose file is not a source. */
export function licenceOfModel({ kind, path }: ModelRef): { licence?: string } {
  const licence = kind === 'zoo' || kind === 'script' ? licenceOf(readFileSync(path, 'utf8')) : undefined
  return licence === undefined ? {} : { licence }
}

function kindOf(path: string): ModelRef['kind'] | undefined {
  if (statSync(path).isDirectory())
    return existsSync(join(path, 'saved_model.pb')) ? 'saved-model' : undefined
  if (path.endsWith('.py')) return 'script'
  return path.endsWith('.keras') ? 'keras' : undefined
}
