/** Where things live. Everything xlab makes stays inside the clone: `.xlab/` (parts and caches) and `results/`. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

/** Parts fetched once (LLVM, zig, Python environments) and caches. */
export const STATE_DIR = process.env.XLAB_STATE ?? join(ROOT, '.xlab')
export const RESULTS_DIR = join(ROOT, 'results')
export const MODELS_DIR = join(ROOT, 'models-py')
export const DEFAULT_DB = join(RESULTS_DIR, 'xlab.db')

export const inState = (...parts: string[]): string => join(STATE_DIR, ...parts)

/** A path as a person writes it, from the directory they stand in. */
export const userPath = (path: string): string =>
  resolve(process.cwd(), path.replace(/^~(?=\/|$)/, homedir()))
