/** `npm run schema` and a test: writes xlab.example.yaml and docs/xlab.schema.json from the declared fields. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../paths.ts'
import { exampleSettings, settingsSchema } from './documents.ts'

/** Generated files by their path in the project. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  'xlab.example.yaml': () => exampleSettings(),
  'docs/xlab.schema.json': () => `${JSON.stringify(settingsSchema(), undefined, 2)}\n`,
}

if (import.meta.main)
  for (const [path, text] of Object.entries(GENERATED)) writeFileSync(join(ROOT, path), text())
