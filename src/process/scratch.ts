/** Folders for what is needed for a moment. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inState } from '../config/paths.ts'

/** Gives `work` an empty folder of its own and removes it afterwards. What a kill leaves behind `xlab clean` removes, by `name`. */
export async function inScratch<T>(name: string, work: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(inState('work'), { recursive: true })
  const directory = await mkdtemp(join(inState('work'), `${name}-`))
  try {
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
