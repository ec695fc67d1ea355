/** How `models-py/harvest.py` is called, wherever it runs. */
import type { RunRequest } from './runtime.ts'

/** Its options after the model. A container has a limit on memory too, but only this one lets Python say so. */
export const entryOptions = (request: RunRequest, limits: { readonly memoryBytes: number }): string[] => [
  ...['--seed', String(request.seed)],
  ...['--memory', String(limits.memoryBytes)],
  '--end-with-stdin',
]
