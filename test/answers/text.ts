/** For tests: what a model would be quoted, and small edits of it. */
import { functionTexts } from '../../src/kernel/ir/scan.ts'
import { readKernel } from '../../src/optimise/llm/rewrite/gate/kernel-module.ts'
import type { Subject } from './subjects.ts'

/** The text of the function a model is to rewrite, with the head as a model would repeat it. */
export function innerText({ kernel }: Subject): string {
  const { name } = readKernel(kernel.ir).inner
  const found = functionTexts(kernel.ir).find(f => f.name === name)
  if (found === undefined) throw new Error(`no function ${name}`)
  const plain = found.head
    .replaceAll(/(?:noalias|align \d+|dereferenceable\(\d+\)) /g, '')
    .replace(/ #\d+ \{$/, ' {')
  return `${plain}${found.body}\n}`.replaceAll(/, ![a-z.]+ !\d+/g, '')
}

/** `text` with the first match of `find` replaced. Throws when there is none: an edit that does nothing is a defect. */
export function edited(text: string, ...edits: readonly (readonly [RegExp | string, string])[]): string {
  return edits.reduce((before, [find, put]) => {
    const after = before.replace(find, put)
    if (after === before) throw new Error(`${find} does not change\n${before}`)
    return after
  }, text)
}

/** With lines put before the terminator of the first block. */
export const withLines = (text: string, lines: string): string =>
  edited(text, [/^( {2}(?:br|ret) )/m, `  ${lines.trim().replaceAll('\n', '\n  ')}\n$1`])

export const tagged = (ir: string): string => `<code>\n${ir}\n</code>`
export const fenced = (ir: string): string => `\`\`\`llvm\n${ir}\n\`\`\``
