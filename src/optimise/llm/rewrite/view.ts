/** What a model is shown of a kernel it is to rewrite: as much as its context window takes beside an answer of that length. */
import { compact } from '../../../kernel/compact/plain.ts'
import { functionTexts } from '../../../kernel/ir/scan.ts'
import { putShowing } from '../../../store/proposers/showings.ts'
import type { Form } from '../conversation.ts'
import type { Prompt } from '../dialects/dialect.ts'
import type { Session, Task } from '../strategy.ts'
import { type KernelModule, readKernel } from './gate/kernel-module.ts'
import type { Shown } from './gate/splice.ts'

export interface View {
  readonly form: Form
  /** IR as it stands in the prompt. */
  readonly ir: string
  /** Undefined when the model sees the kernel's own text. */
  readonly shown: Shown | undefined
}

export interface Fitted {
  readonly view: View
  readonly prompt: Prompt
  readonly maxTokens: number
}

/** Room for an answer longer than what was shown, and the words around it. */
const ANSWER = { times: 1.25, more: 64 } as const

/**
 * The ways to show a kernel, most telling first. Models trained on whole modules get those while they fit; others are
 * asked for one function and see that one, with the types it names.
 */
export function viewsOf(kernel: KernelModule, speaks: 'completion' | 'chat'): View[] {
  const { text, key } = compact(kernel.ir)
  const shown = { kernel: readKernel(text), key }
  const whole: View = { form: 'whole', ir: kernel.ir, shown: undefined }
  const compacted: View = { form: 'compacted', ir: text, shown }
  const inner: View = { form: 'sliced', ir: functionAlone(text, kernel.inner.name), shown }
  return speaks === 'chat' ? [inner] : [whole, compacted, inner]
}

function functionAlone(ir: string, name: string): string {
  const found = functionTexts(ir).find(f => f.name === name)
  if (found === undefined) return ir
  const text = ir.slice(found.start, found.end)
  const types = [...ir.matchAll(/^(%\S+) = type .*$/gm)].filter(([, type = '']) => text.includes(type))
  return `${[...types.map(([line]) => line), text].join('\n')}\n`
}

/** The first view whose prompt and answer fit, stored as how the kernel was shown; undefined, and so stored, when none does. */
export async function fitting(
  task: Task,
  views: readonly View[],
  promptOf: (view: View) => Prompt,
  { model, store }: Pick<Session, 'model' | 'store'>,
): Promise<Fitted | undefined> {
  const [full] = views
  const before = await model.countTokens(full?.ir ?? '')
  const keep = (form: Form, tokensAfter: number): void =>
    putShowing(store, {
      ...{ kernel: task.kernel.hash, model: model.model, contextTokens: model.contextTokens },
      ...{
        dialect: model.dialect.name,
        strategy: 'rewrite',
        form,
        notation: form === 'refused' ? 'none' : 'ir',
      },
      ...{ lines: (full?.ir ?? '').split('\n').length - 1, tokensBefore: before, tokensAfter },
      counted: model.tokenCounts,
    })
  for (const view of views) {
    const prompt = promptOf(view)
    const tokens = await model.countTokens(`${prompt.system ?? ''}${prompt.prompt}`)
    const shown = await model.countTokens(view.ir)
    const maxTokens = Math.ceil(ANSWER.times * shown) + ANSWER.more
    if (tokens + maxTokens > model.contextTokens) continue
    keep(view.form, shown)
    return { view, prompt, maxTokens }
  }
  keep('refused', 0)
  return undefined
}
