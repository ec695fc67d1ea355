/** A kernel's story as the page carries it: everything of it, texts once each. The page's script knows this shape. */
import type { Argument } from '../../../kernel/signature.ts'
import { getBlob, getText } from '../../../store/blobs.ts'
import type { BuildDossier, Dossier } from '../../../store/kernels/dossier.ts'
import type { Store } from '../../../store/open.ts'
import { cached } from '../../../store/statements.ts'
import { firstDifference } from '../../kernel-page.ts'
import { rounded } from '../pack.ts'
import { type Asked, exchangesOf, type Hinted, hintsOf } from './llm.ts'

export interface Story {
  readonly hash: string
  readonly about: string
  readonly origins: readonly Readonly<Record<string, string>>[]
  readonly signatures: readonly { readonly hash: string; readonly text: string }[]
  readonly hlo?: number
  readonly ir: number
  readonly builds: readonly StoryBuild[]
  readonly asked: readonly Asked[]
  readonly hints: readonly Hinted[]
  /** IR, assembly, HLO, prompts and replies; the numbers above are places in it. */
  readonly texts: readonly string[]
}

export interface StoryBuild {
  readonly by: string
  readonly target: string
  readonly state: string
  readonly reason?: string
  readonly bytes: number | null
  readonly rodata: number | null
  readonly instructions: number | null
  readonly size: number | null
  /** Proposers of an earlier build with the same code. */
  readonly twin?: string
  readonly verdicts: readonly { readonly state: string; readonly text: string }[]
  readonly times: readonly StoryTime[]
  readonly commands: readonly string[]
  /** Other figures than sizes and times, with what said them: counted instructions, estimated cycles, … */
  readonly readings: readonly string[]
  readonly ir?: number
  /** Place of its object among those to disassemble, until the text is known. */
  readonly asm?: number
}

export interface StoryTime {
  readonly host: string
  readonly emulated?: true
  readonly ns: number | null
  readonly ratio: number | null
  readonly low: number | null
  readonly high: number | null
  readonly comparison: string | null
  /** Nanoseconds per call, as measured. */
  readonly samples: readonly (number | null)[]
}

/** Texts of one story, each kept once. */
export interface Texts {
  readonly all: string[]
  put(text: string): number
}

export function newTexts(): Texts {
  const all: string[] = []
  const places = new Map<string, number>()
  return {
    all,
    put(text) {
      const known = places.get(text)
      if (known !== undefined) return known
      places.set(text, all.length)
      return all.push(text) - 1
    },
  }
}

/** Most builds of a kernel whose IR and assembly are carried, and most samples of one. */
const MOST_SHOWN = 8
const MOST_SAMPLES = 120
const MOST_BUILDS = 40

/** Reads a story. `assembly` gives the text of an object, by its blob's hash, where there is one. */
export function readStory(
  store: Store,
  kernel: Dossier,
  parts: { readonly hlo: string | undefined; readonly assembly: (objectHash: string) => string | undefined },
): Story {
  const texts = newTexts()
  const shown = new Set(shownBuilds(kernel))
  const ir = texts.put(getText(store, kernel.irHash))
  const builds = kernel.builds.slice(0, MOST_BUILDS).map(build => {
    const asm = shown.has(build) && build.objectHash !== null ? parts.assembly(build.objectHash) : undefined
    const after = shown.has(build) ? irAfter(store, kernel, build) : undefined
    return {
      ...facts(store, kernel, build),
      ...(after !== undefined && { ir: texts.put(after) }),
      ...(asm !== undefined && { asm: texts.put(asm) }),
    }
  })
  return {
    hash: kernel.hash,
    about: `${kernel.abi}; ${kernel.lines} lines, ${kernel.functions} functions, ${kernel.irInstructions} instructions of IR; read by LLVM ${kernel.reader}`,
    origins: kernel.origins.slice(0, 6).map(origin => ({
      model: origin.model,
      program: origin.program ?? '',
      instruction: origin.instruction ?? '',
      op: [origin.opType, origin.opName].filter(part => part !== null).join(' '),
      source: origin.sourceFile === null ? '' : `${origin.sourceFile}:${origin.sourceLine ?? '?'}`,
      calls: String(origin.calls),
      producer: origin.producer ?? '',
      note: origin.unrunnable === null ? '' : `cannot be run alone: ${origin.unrunnable}`,
    })),
    signatures: kernel.signatures.map(signature => ({
      hash: signature.hash.slice(0, 12),
      text: `${signature.arguments.map(argumentText).join('\n')}\nworkgroups ${signature.workgroups.join(' × ')}${signature.flushDenormals ? '; denormals are flushed' : ''}`,
    })),
    ...(parts.hlo !== undefined && { hlo: texts.put(parts.hlo) }),
    ir,
    builds,
    asked: exchangesOf(store, kernel.hash, texts),
    hints: hintsOf(store, kernel.hash),
    texts: texts.all,
  }
}

/** Hashes of the objects whose assembly a story wants. */
export const wantedObjects = (kernel: Dossier): string[] =>
  shownBuilds(kernel).flatMap(build => build.objectHash ?? [])

const argumentText = (argument: Argument): string =>
  `${argument.role} ${argument.dtype}[${argument.shape.join(',')}] ${argument.name} (${argument.bytes} bytes)`

/** XLA's and opt's builds, then for every other proposer its smallest that passed. */
function shownBuilds(kernel: Dossier): BuildDossier[] {
  const rank = (build: BuildDossier): number =>
    build.proposers.some(by => by === 'xla')
      ? 0
      : build.proposers.some(by => /^(xla-ir|opt:)/.test(by))
        ? 1
        : 2
  const good = (build: BuildDossier): number =>
    build.verdicts.length > 0 && build.verdicts.every(({ state }) => /^(same|agreed|exhausted)$/.test(state))
      ? 0
      : 1
  return kernel.builds
    .filter(build => build.state === 'ok')
    .sort((a, b) => rank(a) - rank(b) || good(a) - good(b) || (a.codeBytes ?? 0) - (b.codeBytes ?? 0))
    .slice(0, MOST_SHOWN)
}

function irAfter(store: Store, kernel: Dossier, build: BuildDossier): string | undefined {
  if (build.irHash !== null) return getText(store, build.irHash)
  if (!build.proposers.some(by => by === 'xla' || by === 'xla-ir')) return undefined
  const sighted = kernel.origins.find(({ xlaIr }) => xlaIr !== null)?.xlaIr
  return sighted == null ? undefined : getBlob(store, sighted).toString('utf8')
}

function facts(store: Store, kernel: Dossier, build: BuildDossier): StoryBuild {
  const twin = kernel.builds.find(
    other => build.contentHash !== null && other.contentHash === build.contentHash,
  )
  return {
    by: build.proposers.join(', '),
    target: build.target === build.cpu ? build.target : `${build.target} (${build.cpu})`,
    state: build.state,
    ...(build.reason !== null && { reason: build.reason.slice(0, 2000) }),
    bytes: build.codeBytes,
    rodata: build.rodataBytes,
    instructions: build.instructions,
    size: rounded(build.sizeRatio),
    ...(twin && twin !== build && { twin: twin.proposers.join(', ') }),
    verdicts: build.verdicts.map(verdict => ({
      state: verdict.state,
      text: [
        `${verdict.trials} trials, worst error ${verdict.worstUlps} ulp, semantics ${verdict.semantics}, verifier ${verdict.verifier} on ${verdict.host}`,
        verdict.reason,
        verdict.counterexample && firstDifference(verdict.counterexample),
      ]
        .filter(part => part != null)
        .join('; '),
    })),
    times: build.times.map(time => ({
      host: time.host,
      ns: rounded(time.timeNs),
      ratio: rounded(time.ratio),
      low: rounded(time.ratioLow),
      high: rounded(time.ratioHigh),
      comparison: build.proposers.includes('xla') ? 'reference' : time.comparison,
      samples: samples(store, kernel.hash, build.contentHash, time.signature, time.host),
    })),
    commands: build.commands,
    readings: readings(store, build.hash),
  }
}

/** Figures of metrics with one value; those of an emulator are said to be. */
function readings(store: Store, build: string): string[] {
  const rows = cached(
    store,
    `SELECT r.metric, r.value, r.source, r.host, (SELECT max(h.emulated) FROM host h WHERE h.name = r.host) AS emulated
     FROM reading r WHERE r.build_hash = ? ORDER BY r.metric, r.host LIMIT 12`,
  ).all(build) as { metric: string; value: number; source: string; host: string; emulated: number | null }[]
  return rows.map(
    ({ metric, value, source, host, emulated }) =>
      `${metric} ${rounded(value, 6)} (${[source, host, emulated ? 'emulated' : ''].filter(part => part !== '').join(', ')})`,
  )
}

/** Samples of a build or its measured twin; of more than fit, every nth. */
function samples(
  store: Store,
  kernel: string,
  content: string | null,
  signature: string,
  host: string,
): (number | null)[] {
  const values = cached(
    store,
    `SELECT m.value FROM build b JOIN measurement m ON m.build_hash = b.hash JOIN campaign c ON c.id = m.campaign_id
     JOIN host h ON h.id = c.host_id
     WHERE b.kernel_hash = ? AND b.content_hash = ? AND m.signature_hash = ? AND h.name = ? AND m.metric = 'time'
       AND m.copy = 0 AND c.purpose <> 'select' ORDER BY m.id`,
  )
    .pluck()
    .all(kernel, content, signature, host) as number[]
  const step = Math.max(1, Math.ceil(values.length / MOST_SAMPLES))
  return values.filter((_, i) => i % step === 0).map(value => rounded(value))
}
