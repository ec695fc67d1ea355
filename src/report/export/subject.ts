/** What the database knows of a kernel and of one of its builds, gathered for the rows of the dataset. */
import { FEATURE_RULE, type Features, featuresOf, shapelessKey } from '../../kernel/features/features.ts'
import { getText } from '../../store/blobs.ts'
import { type BuildDossier, type Dossier, dossier } from '../../store/kernels/dossier.ts'
import type { Store } from '../../store/open.ts'
import { cached } from '../../store/statements.ts'

/** The harvest in which the kernel was first seen. */
export interface HarvestFacts {
  readonly source: string
  readonly model: string
  readonly producer: string | null
  readonly llvm: string | null
  readonly image: string | null
  readonly imageDigest: string | null
  readonly python: string | null
  readonly xlaFlags: string
  readonly cpu: string | null
  readonly seed: number | null
  readonly startedAt: string
  /** Blob of the module's HLO after XLA's passes. */
  readonly hloModule: string | null
}

export interface Subject {
  readonly kernel: Dossier
  readonly ir: string
  readonly hlo: string | undefined
  readonly harvest: HarvestFacts | undefined
  /** Every model it was seen in. */
  readonly models: readonly string[]
  /** What their files state, each once. */
  readonly licences: readonly string[]
  readonly family: string
  readonly features: Features
}

/** What a build was made with, beyond its dossier. */
export interface Request {
  readonly passes: string
  readonly attributes: string
  readonly codegenLevel: number
  readonly codegenOptions: string
}

export interface Built extends BuildDossier, Request {
  /** Optimised IR, where it was kept. */
  readonly ir: string | undefined
  /** The confirmation of its time, where a campaign that chose nothing measured it again. */
  readonly confirmed: readonly { readonly host: string; readonly ratio: number }[]
}

/** `hlo` gives the HLO behind a kernel, by its hash. */
export function subjectOf(
  store: Store,
  hash: string,
  hlo: (kernel: string) => string | undefined,
): { readonly subject: Subject; readonly builds: readonly Built[] } {
  const kernel = dossier(store, hash)
  const ir = getText(store, kernel.irHash)
  const subject = {
    kernel,
    ir,
    hlo: hlo(hash),
    harvest: harvestOf(store, hash),
    models: [...new Set(kernel.origins.map(({ model }) => model))],
    licences: licencesOf(store, hash),
    ...relativesOf(store, kernel, ir),
  }
  return { subject, builds: kernel.builds.map(build => builtOf(store, build)) }
}

const harvestOf = (store: Store, hash: string): HarvestFacts | undefined =>
  cached(
    store,
    `SELECT h.source, h.model, h.producer, h.llvm, h.image, h.image_digest AS imageDigest, h.python,
       h.xla_flags AS xlaFlags, h.cpu, h.seed, h.started_at AS startedAt,
       (SELECT a.blob_hash FROM artifact a WHERE a.module_id = m.id AND a.kind = 'hlo-after' LIMIT 1) AS hloModule
     FROM sighting s JOIN module m ON m.id = s.module_id JOIN harvest h ON h.id = m.harvest_id
     WHERE s.kernel_hash = ? ORDER BY s.id LIMIT 1`,
  ).get(hash) as HarvestFacts | undefined

const licencesOf = (store: Store, hash: string): string[] =>
  cached(
    store,
    `SELECT DISTINCT coalesce(h.licence, 'unknown') FROM sighting s JOIN module m ON m.id = s.module_id
     JOIN harvest h ON h.id = m.harvest_id WHERE s.kernel_hash = ? ORDER BY 1`,
  )
    .pluck()
    .all(hash) as string[]

/** As kept by a search, else computed: both are the same. */
function relativesOf(store: Store, kernel: Dossier, ir: string): { family: string; features: Features } {
  const kept = cached(store, 'SELECT shapeless, vector FROM feature WHERE kernel_hash = ? AND rule = ?').get(
    kernel.hash,
    FEATURE_RULE,
  ) as { shapeless: string; vector: string } | undefined
  if (kept) return { family: kept.shapeless, features: JSON.parse(kept.vector) as Features }
  const first = kernel.origins.find(({ signature }) => signature !== null)?.signature
  const signature = kernel.signatures.find(one => one.hash === first)
  return { family: shapelessKey(ir), features: featuresOf(ir, signature) }
}

function builtOf(store: Store, build: BuildDossier): Built {
  const request = cached(
    store,
    `SELECT passes, attributes, codegen_level AS codegenLevel, codegen_options AS codegenOptions
     FROM build WHERE hash = ?`,
  ).get(build.hash) as Request
  const confirmed = cached(
    store,
    `SELECT o.name AS host, c.ratio, c.ratio_low AS ratioLow, c.ratio_high AS ratioHigh, c.comparison
     FROM confirmation c JOIN host o ON o.id = c.host_id WHERE c.content_hash = ? AND c.kernel_hash =
       (SELECT kernel_hash FROM build WHERE hash = ?) ORDER BY o.id`,
  ).all(build.contentHash, build.hash) as Built['confirmed']
  const ir = build.irHash === null ? undefined : getText(store, build.irHash)
  return { ...build, ...request, ir, confirmed }
}
