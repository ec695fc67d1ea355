/** What kind of mistake an answer makes: the classes failures are counted by, and how LLVM's messages tell them. Pure. */

/** First match decides; the messages are LLVM 22's (llvm/lib/AsmParser/LLParser.cpp, llvm/lib/IR/Verifier.cpp). */
const MESSAGES: readonly (readonly [string, RegExp])[] = [
  ['truncated', /found end of file|end of file in|expected '}' at end of function/],
  [
    'forward reference',
    /forward referenced|does not dominate all uses|Only PHI nodes may reference their own value/,
  ],
  [
    'undefined value',
    /use of undefined (?:value|metadata)|unable to resolve|is not a basic block|unknown intrinsic/,
  ],
  ['numbering', /expected to be numbered/],
  [
    'redefinition',
    /multiple definition of|invalid redefinition|redefinition of|unable to create block named|duplicate case value/,
  ],
  [
    'constant',
    /constant invalid for type|integer constant must|must be a pointer type|constant expression|constant type|invalid .*constant|value too large|is not a power of two|invalid shufflevector operands|element \d+ is not of type/i,
  ],
  [
    'signature',
    /invalid intrinsic signature|Incorrect number of arguments|Call parameter type|too (?:few|many) (?:arguments|parameters)|not enough parameters/i,
  ],
  [
    'type error',
    /but expected '|invalid operand type|doesn't match function result type|invalid cast opcode|operands?[^\n]* must (?:be|have)|must have '?i1|must be i1|requires integer operands|must be a pointer|must be an integer|must be a (?:vector|floating)|same type|invalid (?:getelementptr|extractelement|insertelement|extractvalue|insertvalue)|returning void|first-class|base of getelementptr|type of|invalid type|opaque|must be aggregate|must be sized|operand must/i,
  ],
  [
    'control flow',
    /PHI node|PHINode|Terminator found|basic block|does not have terminator|must not have predecessors|without a terminator/i,
  ],
  ['syntax', /expected |invalid token|unterminated|expecting|unknown|unexpected|not LLVM IR|NUL bytes/],
]

/** The class of what LLVM says of a text it refuses; `invalid` for what no row knows. */
export const classOfMessage = (message: string): string =>
  MESSAGES.find(([, pattern]) => pattern.test(message))?.[0] ?? 'invalid'

/** What LLVM's reader says, for a model: the message and the line it means, without file names. */
export function plainMessage(message: string): string {
  return message
    .replace(/^does not verify: /, '')
    .split('\n')
    .map(line => line.replace(/^\S*:(\d+):\d+: error: /, 'error in line $1: ').trimEnd())
    .filter(line => line !== '')
    .slice(0, 6)
    .join('\n')
    .slice(0, 600)
}

/** How a candidate that LLVM built failed: the judge's `broken` by its reason. */
const BROKEN: readonly (readonly [string, RegExp])[] = [
  ['timeout', /did not finish|time limit|ran past/],
  ['stack', /overflowed the stack/],
  ['out of bounds', /\b(?:wrote|read) \d+ bytes|wrote byte|which is an input|accessed|belongs to no buffer/],
  ['forbidden call', /forbidden system call|needs what no bundle offers/],
  ['exit', /ended the process|returned an error/],
  ['crash', /signal|division|trap|crash/],
]

/** The class of a judge's reason for `broken`; of one that no row knows, `broken`. */
export const classOfBroken = (reason: string): string =>
  BROKEN.find(([, pattern]) => pattern.test(reason))?.[0] ?? 'broken'
