/** A pass list as text, with the adaptors each pass needs around it. */
import type { PassList, PassStep } from './table.ts'

/** What `opt -passes=` takes. Neighbours in the same adaptor share it: `function(sroa,loop-mssa(licm,loop-rotate))`. */
export function passListText(list: PassList): string {
  let text = ''
  let open: readonly string[] = []
  for (const step of list) {
    const nest = step.nest === '' ? [] : step.nest.split('/')
    let shared = 0
    while (shared < open.length && open[shared] === nest[shared]) shared++
    text += ')'.repeat(open.length - shared)
    if (text !== '') text += ','
    text += nest
      .slice(shared)
      .map(adaptor => `${adaptor}(`)
      .join('')
    text += stepText(step)
    open = nest
  }
  return text + ')'.repeat(open.length)
}

/** A pass with its parameters, without adaptors: `gvn<no-pre>`. */
export const stepText = ({ name, parameters }: PassStep): string =>
  parameters === '' ? name : `${name}<${parameters}>`
