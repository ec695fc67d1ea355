/** Which part of the dataset a kernel belongs to: the same for all its relatives, in every export. Pure. */
import { sha256 } from '../../kernel/build.ts'

export const SPLITS = ['train', 'validation', 'test'] as const
export type Split = (typeof SPLITS)[number]

/** Changes whenever a family would move. */
const SPLIT_RULE = 1

/**
 * By the family alone, so that kernels which differ only in constants and shapes stay together, and no kernel moves
 * when others are added: eight families in ten train, one validates, one tests.
 */
export function splitOf(family: string): Split {
  const draw = Number.parseInt(sha256(`split ${SPLIT_RULE} ${family}`).slice(0, 8), 16) / 2 ** 32
  if (draw < 0.8) return 'train'
  return draw < 0.9 ? 'validation' : 'test'
}
