/** One module of a dump, tied to its HLO and stored in one transaction. */
import { type ModuleFacts, type SightingFacts, understandModule } from '../kernel/sighting.ts'
import { putBlob } from '../store/blobs.ts'
import { insertArtifact, insertModule, insertUnparsed, type NewModule } from '../store/kernels/harvests.ts'
import { putIr } from '../store/kernels/ir-texts.ts'
import { hasKernel, insertSighting, putKernel } from '../store/kernels/kernels.ts'
import { type Store, write } from '../store/open.ts'
import type { Found, ModuleContents } from './read-module.ts'
import { unrunnableReason } from './unrunnable.ts'

/** Stores all of a module or, should that fail, nothing. Returns how many of its kernels are new. */
export function storeModule(
  store: Store,
  contents: ModuleContents,
  place: Pick<NewModule, 'harvestId' | 'timing' | 'name'> & { readonly hloAfter?: string },
): number {
  const { texts, kernels, optimised } = contents
  const facts = understandModule(
    texts,
    kernels.map(({ kernel }) => kernel.name),
  )
  return write(store, (): number => {
    const { hloAfter, ...module } = place
    const moduleId = insertModule(store, { ...module, ops: facts.ops })
    for (const artifact of contents.artifacts) insertArtifact(store, moduleId, artifact)
    const stored = new Map<string, string>()
    for (const [name, { blob, text }] of optimised) stored.set(name, text ? putBlob(store, text.ir) : blob)
    let added = 0
    for (const found of kernels) {
      const { kernel, file, validity, object } = found
      if (kernel.text && validity.state === 'ok' && !hasKernel(store, kernel.hash)) {
        putKernel(store, kernel.text, validity)
        added++
      }
      const xlaIrHash = stored.get(kernel.name)
      insertSighting(store, {
        moduleId,
        kernelHash: kernel.hash,
        name: kernel.name,
        file,
        facts: factsOf(facts, found),
        ...(kernel.emitter !== undefined && { emitter: kernel.emitter }),
        ...(xlaIrHash !== undefined && { xlaIrHash }),
        ...(object && { xlaObject: object }),
      })
    }
    for (const { hash, kernels: held } of contents.remember)
      putIr(
        store,
        hash,
        held.map(({ text: _, ...kernel }) => kernel),
      )
    insertUnparsed(store, place.harvestId, contents.unparsed)
    if (facts.problem !== undefined && hloAfter !== undefined)
      insertUnparsed(store, place.harvestId, [{ file: hloAfter, reason: facts.problem }])
    return added
  })
}

/** What is known of a sighting; only the kernel ABI gets a signature from HLO. */
function factsOf(facts: ModuleFacts, { kernel, mlir }: Found): SightingFacts {
  const { signature, unrunnable, ...rest } = facts.sightingOf(kernel.name, kernel.sizes, mlir)
  const opcode = rest.opcode ?? kernel.opcode
  const known = opcode === undefined ? rest : { ...rest, opcode }
  const reason = unrunnableReason(kernel.abi)
  if (reason !== undefined) return { ...known, unrunnable: reason }
  return { ...known, ...(signature && { signature }), ...(unrunnable !== undefined && { unrunnable }) }
}
