/** `xlab import`: takes in LLVM IR of the user's own. */
import { existsSync } from 'node:fs'
import { userPath } from '../../config/paths.ts'
import { EXIT, usageError } from '../../errors.ts'
import { type ImportedKernel, importFile } from '../../harvest/import.ts'
import { openReader } from '../../llvm/reading/reader.ts'
import { ensureToolchain } from '../../llvm/toolchain.ts'
import { log } from '../../log.ts'
import { printTable } from '../../report/format.ts'
import type { CommandModule } from '../command.ts'

export const run: CommandModule['run'] = async (args, _options, context) => {
  const paths = [...new Set(args.map(userPath))]
  const missing = paths.find(path => !existsSync(path))
  if (missing !== undefined) throw usageError(`no file at ${missing}`)
  const store = context.store()
  const reader = await openReader(await ensureToolchain({ signal: context.signal }), {
    signal: context.signal,
  })
  context.onExit(() => reader.close())
  const kernels: ImportedKernel[] = []
  let failed = 0
  for (const path of paths) {
    context.signal.throwIfAborted()
    const result = await importFile(path, { store, reader })
    if (result.state === 'ok') kernels.push(...result.kernels)
    else {
      failed++
      log.error(result.reason)
    }
  }
  const rows = kernels.map(kernel => ({
    ...kernel,
    hash: kernel.hash.slice(0, 12),
    new: kernel.new ? 'yes' : 'no',
    runnable: kernel.unrunnable === undefined ? 'yes' : `no: ${kernel.unrunnable}`,
  }))
  if (rows.length > 0) printTable(rows, ['hash', 'name', 'abi', 'lines', 'new', 'runnable'])
  if (failed === 0) return EXIT.ok
  return failed === paths.length ? EXIT.failed : EXIT.partly
}
