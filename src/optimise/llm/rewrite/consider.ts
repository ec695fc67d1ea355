/** From a model's reply to a candidate, or to the class of its mistake and what to say of it. */
import type { Reader } from '../../../llvm/reading/reader.ts'
import type { Settlement } from '../../../store/proposers/exchanges.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { classOfMessage, plainMessage } from './classes.ts'
import type { KernelModule } from './gate/kernel-module.ts'
import { type Shown, splice } from './gate/splice.ts'

export type Considered =
  | { readonly state: 'candidate'; readonly ir: string; readonly answer: string }
  | {
      readonly state: 'failed'
      readonly settlement: Settlement & { readonly class: string; readonly reason: string }
      /** What the model answered, where anything was found. */
      readonly answer: string | undefined
    }

/** Longest part of a reply in which an answer is looked for, in characters. */
const LONGEST_REPLY = 1 << 20

/**
 * Takes the answer out of a reply, through the gate, back into the kernel, and past LLVM's parser and verifier, which
 * run in a limited child. `cut`: the reply ended at its limit. Throws for the world's failures only.
 */
export async function consider(
  reply: { readonly text: string; readonly cut: boolean },
  kernel: KernelModule,
  services: { readonly dialect: Dialect; readonly reader: Reader; readonly shown: Shown | undefined },
): Promise<Considered> {
  const { dialect, reader, shown } = services
  const long = reply.text.length >= LONGEST_REPLY
  const cut = long ? 'too long' : reply.cut ? 'truncated' : undefined
  const found = dialect.answer('rewrite', reply.text.slice(0, LONGEST_REPLY))
  if (found.state === 'none') return failed('none', cut ?? 'no code', found.why, undefined)
  const answer = found.text
  const spliced = splice(answer, kernel, shown)
  if (spliced.state === 'unchanged')
    return failed('unchanged', 'unchanged', 'it is the code that was given', answer)
  // What is no IR to the gate is said in LLVM's words, which may only parse it.
  const foreign = spliced.state !== 'ok' && (spliced.state === 'unreadable' || spliced.class === UNKNOWN)
  if (spliced.state === 'refused' && !foreign)
    return failed('invalid', spliced.class, spliced.message, answer)
  const read = await reader.read(spliced.state === 'ok' ? spliced.ir : answer)
  if (spliced.state === 'ok') {
    if (read.state === 'ok') return { state: 'candidate', ir: spliced.ir, answer }
    return failed('invalid', cut ?? classOfMessage(read.message), plainMessage(read.message), answer)
  }
  const told = read.state === 'rejected' ? plainMessage(read.message) : spliced.message
  const own = read.state !== 'rejected' || spliced.class === 'truncated'
  return failed('invalid', cut ?? (own ? spliced.class : classOfMessage(told)), told, answer)
}

/** The gate's class of what may be a slip of the pen. */
const UNKNOWN = 'unknown instruction'

const failed = (
  outcome: Settlement['outcome'],
  kind: string,
  reason: string,
  answer: string | undefined,
): Considered => ({ state: 'failed', settlement: { outcome, class: kind, reason }, answer })
