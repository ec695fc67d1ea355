/** Shadowed functions of scalars that ask, and take no probe from the runner. Pure. */
import { GUARD } from '../../kernel/adapter.ts'
import { functionHead, functionTexts } from '../../kernel/ir/scan.ts'
import { shadowPoison } from './shadow.ts'

/** IR that defines `i1 @xlab_guard(…)`: whether a call of a scalar `@kernel` with these arguments is undefined. */
export function guardIr(ir: string): string {
  const text = functionTexts(ir).find(f => f.name === 'kernel')
  if (text === undefined) throw new Error('there is no function @kernel')
  const { result, prefix, parameters } = functionHead(text.head)
  const types = parameters.map(({ type, attributes }) => `${type} ${PASSED.exec(attributes)?.[0] ?? ''}`)
  const list = types.map((type, i) => `${type} %a${i}`).join(', ')
  const internal = text.head.replace(
    /^define (?:dso_local |hidden |protected |weak\w* |linkonce\w* )*/,
    'define internal ',
  )
  const convention = /\b(?:fastcc|coldcc|tailcc|swiftcc|cc \d+)\b/.exec(prefix)?.[0] ?? ''
  return [
    withProbe(shadowPoison(ir, 'scalar').ir, 0).replace(text.head, () => internal),
    `define i1 @${GUARD}(${list}) {`,
    `  %r = call ${convention} ${result} @kernel(${list})`,
    '  %u = load i1, ptr @xlab.last',
    '  ret i1 %u\n}\n',
  ].join('\n')
}

/** Shadowed text that takes no probe from the runner but has this one for good. */
export const withProbe = (ir: string, probe: 0 | 1): string =>
  ir
    .replaceAll('load i32, ptr @xlab_probe', `add i32 0, ${probe}`)
    .replace('@xlab_probe = external global i32\n', '')

const PASSED = /\b(?:zeroext|signext|inreg)\b/
