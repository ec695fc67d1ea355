/** What explorers need, opened as it is needed. */
import { type EngineKind, openBuilder } from '../compile/builder.ts'
import { madeTwice } from '../compile/twice.ts'
import { localHost } from '../hosts/local.ts'
import { openReader } from '../llvm/reading/reader.ts'
import type { ExploreServices } from './proposer.ts'

export interface Opening {
  readonly engine?: EngineKind | undefined
  /** Most worker processes; one a core unless said. */
  readonly workers?: number | undefined
  /** Make every build twice, to find what is not deterministic. */
  readonly twice?: boolean | undefined
}

/** The services on top of what a command has, and what lets go of them. */
export async function openServices(
  given: Pick<ExploreServices, 'store' | 'toolchain' | 'lanes' | 'signal'>,
  { engine, workers, twice }: Opening = {},
): Promise<{ readonly services: ExploreServices; readonly close: () => Promise<void> }> {
  const { toolchain, signal } = given
  const opened = await openBuilder(toolchain, { engine, workers, signal })
  const builder = twice ? madeTwice(opened, toolchain) : opened
  const host = once(() => localHost(toolchain))
  const reader = once(() => openReader(toolchain, { signal }))
  const close = async (): Promise<void> => {
    await builder.close()
    await (await reader.opened())?.close()
    await (await host.opened())?.close()
  }
  return { services: { ...given, builder, host: host.open, reader: reader.open }, close }
}

function once<T>(make: () => Promise<T>) {
  let made: Promise<T> | undefined
  return {
    open: (): Promise<T> => {
      made ??= make()
      return made
    },
    /** Undefined when it was never asked for. */
    opened: () => made,
  }
}
