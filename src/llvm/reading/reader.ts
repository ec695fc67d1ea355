/**
 * The reading ladder: the first LLVM that parses and verifies a text has read it. Text that only a newer LLVM reads
 * goes on as bitcode, once the pinned one has read that bitcode.
 */
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { log } from '../../log.ts'
import { type Engine, openEngine } from '../engine/engine.ts'
import type { EngineResult } from '../engine/protocol.ts'
import { findLibrary, NEWER_LLVM_WHEEL, type Toolchain } from '../toolchain.ts'
import { ensureWheel } from '../wheels.ts'
import { withOlderAttributes } from './older-attributes.ts'

export type ReadResult =
  | {
      readonly state: 'ok'
      /** Version of the LLVM that read the text. */
      readonly reader: string
      /** Only when the pinned LLVM could not read the text itself. */
      readonly bitcode?: Uint8Array
    }
  | { readonly state: 'rejected'; readonly message: string }

export interface Reader {
  /** Loads the pinned LLVM now, so that the first text need not wait for it. */
  warm(): void
  /** Parses and verifies one module; a rejection has LLVM's message with line and column. */
  read(text: string | Uint8Array): Promise<ReadResult>
  close(): Promise<void>
}

export interface ReaderOptions {
  readonly signal?: AbortSignal
  readonly deadlineMs?: number
  readonly children?: number
  /** `pinned`: text that the pinned LLVM refuses is refused, in its words. */
  readonly ladder?: 'whole' | 'pinned'
}

/** A reader with up to `children` processes (one a core) for each rung, started as texts come. The newer LLVM is fetched on demand. */
export async function openReader(toolchain: Toolchain, options: ReaderOptions = {}): Promise<Reader> {
  const { deadlineMs, children = availableParallelism() } = options
  const limits = { children, ...(deadlineMs !== undefined && { deadlineMs }) }
  const pinned = openEngine({ libLlvm: toolchain.libLlvm, ...limits })
  let newer: Promise<Rung | undefined> | undefined
  const openNewer = (): Promise<Rung | undefined> => {
    newer ??= newerRung(limits, options.signal)
    return newer
  }
  return {
    warm() {
      for (let child = 0; child < children; child++)
        void pinned.call({ op: 'read', ir: '', wantBitcode: false })
    },
    async read(text) {
      const first = await pinned.call({ op: 'read', ir: text, wantBitcode: false })
      if (first.state === 'ok') return { state: 'ok', reader: versionNumber(toolchain.version) }
      if (options.ladder === 'pinned') return { state: 'rejected', message: messageOf(first) }
      const rung = await openNewer()
      const older = withOlderAttributes(
        typeof text === 'string' ? text : Buffer.from(text).toString('latin1'),
      )
      const ir = typeof text === 'string' ? older : Buffer.from(older, 'latin1')
      const second = await rung?.engine.call({ op: 'read', ir, wantBitcode: true })
      if (rung === undefined || second?.state !== 'ok' || second.bitcode === undefined)
        return { state: 'rejected', message: messageOf(second ?? first) }
      const again = await pinned.call({ op: 'read', ir: second.bitcode, wantBitcode: false })
      if (again.state === 'ok') return { state: 'ok', reader: rung.version, bitcode: second.bitcode }
      const message = `LLVM ${rung.version} reads it, LLVM ${toolchain.version} not its bitcode: ${messageOf(again)}`
      return { state: 'rejected', message }
    },
    async close() {
      pinned.close()
      ;(await newer)?.engine.close()
    },
  }
}

interface Rung {
  readonly version: string
  readonly engine: Engine
}

async function newerRung(
  limits: { children: number; deadlineMs?: number },
  signal: AbortSignal | undefined,
): Promise<Rung | undefined> {
  if (process.arch !== 'x64') {
    log.warn('IR of newer LLVMs cannot be read here: that reader exists for x86-64 only')
    return undefined
  }
  try {
    const folder = await ensureWheel(NEWER_LLVM_WHEEL, signal)
    const { libLlvm, searchPath, version } = newerLibrary(folder)
    return { version, engine: openEngine({ libLlvm, searchPath, ...limits }) }
  } catch (error) {
    signal?.throwIfAborted()
    log.warn(`IR of newer LLVMs cannot be read now: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/** The newer libLLVM and the folder of its C++ runtime, whose `.so.1` names a wheel cannot hold. */
function newerLibrary(folder: string): { libLlvm: string; searchPath: string[]; version: string } {
  const data = readdirSync(folder).find(name => name.endsWith('.data')) ?? ''
  const lib = join(folder, data, 'data', 'lib')
  const runtime = join(lib, 'x86_64-unknown-linux-gnu')
  for (const name of readdirSync(runtime)) {
    const short = /^(.+\.so\.\d+)\.\d+$/.exec(name)?.[1]
    if (short !== undefined && !existsSync(join(runtime, short))) link(name, join(runtime, short))
  }
  const version = /-(\d+\.\d+\.\d+)/.exec(NEWER_LLVM_WHEEL.folder)?.[1] ?? ''
  return { libLlvm: findLibrary(lib) ?? '', searchPath: [lib, runtime], version }
}

/** Another xlab may make the same link at the same moment. */
function link(target: string, path: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

const versionNumber = (version: string): string => version.split(' ')[0] ?? version

const messageOf = (result: EngineResult): string => ('message' in result ? result.message : result.state)
