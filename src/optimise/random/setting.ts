/** What surrounds a pass list, so that lists compete as equals with LLVM's own levels. */
import type { BuildRequest } from '../../kernel/build.ts'

/**
 * For size what clang's -Oz sets: without these attributes code is 1.4 times as large, and any list that shrinks it
 * seems to beat -Oz. For time what -O3 sets.
 */
export const SETTINGS: Readonly<
  Record<'size' | 'time', Pick<BuildRequest, 'attributes' | 'codegenLevel' | 'codegenOptions'>>
> = {
  size: { attributes: ['minsize', 'optsize'], codegenLevel: 2, codegenOptions: [] },
  time: { attributes: [], codegenLevel: 3, codegenOptions: [] },
}
