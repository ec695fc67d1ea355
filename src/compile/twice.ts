/** Builds that are made twice: what does not come out the same is no build anyone could repeat. */
import type { BuildResult } from '../kernel/build.ts'
import type { Toolchain } from '../llvm/toolchain.ts'
import type { Builder } from './builder.ts'
import { compile } from './compile.ts'

/**
 * The builder, whose whole builds are made a second time by `opt` and `llc`, in processes of their own. Two different
 * objects are a `broken` build that says so: a pass that is not deterministic. Trials are made once.
 */
export const madeTwice = (builder: Builder, toolchain: Toolchain): Builder => ({
  ...builder,
  async build(request, input, options = {}) {
    const first = await builder.build(request, input, options)
    if (first.state === 'broken' || request.input === 'object') return first
    const second = await compile(toolchain, request, input(), options)
    if (second.state === 'broken' && second.unclear) return second
    if (second.state === 'ok' && Buffer.compare(first.object, second.object) === 0) return first
    return notDeterministic(first, second)
  },
})

function notDeterministic(
  { commands, seconds, ...first }: Extract<BuildResult, { state: 'ok' }>,
  second: BuildResult,
): BuildResult {
  const sizes = [first, second].map(one =>
    'sizes' in one ? `${one.sizes.codeBytes} bytes of code` : one.message,
  )
  return {
    state: 'broken',
    step: 'twice',
    message: `not deterministic: made twice, it came out as ${sizes[0]} and then as ${sizes[1]}, in different bytes`,
    commands,
    seconds: seconds + second.seconds,
  }
}
