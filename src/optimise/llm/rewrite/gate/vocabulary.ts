/** The words a rewritten instruction may hold. Closed: what is not here is refused or left out. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

export const OPCODES = words(`
  ret br switch fneg add fadd sub fsub mul fmul udiv sdiv fdiv urem srem frem shl lshr ashr and or xor
  extractelement insertelement shufflevector extractvalue insertvalue alloca load store getelementptr
  trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp bitcast icmp fcmp phi select freeze call`)

/** Opcodes a rewrite may have only if the function it replaces has them. */
export const KEPT_OPCODES: ReadonlyMap<string, string> = new Map([
  ['unreachable', 'gate:unreachable'],
  ['ptrtoint', 'gate:address'],
  ['ptrtoaddr', 'gate:address'],
  ['inttoptr', 'gate:address'],
  ['addrspacecast', 'gate:address'],
])

/** Words that are never let through, by the class of refusal. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['gate:inline assembly', 'asm sideeffect alignstack inteldialect'],
  ['gate:volatile', 'volatile'],
  [
    'gate:atomic',
    'atomic fence cmpxchg atomicrmw syncscope unordered monotonic acquire release acq_rel seq_cst',
  ],
  ['gate:thread-local', 'thread_local localdynamic initialexec localexec'],
  ['gate:indirect', 'indirectbr blockaddress callbr dso_local_equivalent no_cfi ptrauth musttail'],
  ['gate:exceptions', 'invoke unwind landingpad resume catchswitch catchpad catchret cleanupret cleanuppad'],
  ['gate:varargs', 'va_arg'],
  [
    'gate:calling convention',
    'cc fastcc coldcc ghccc tailcc swiftcc swifttailcc preserve_mostcc preserve_allcc',
  ],
  ['gate:stack', 'inalloca swifterror swiftself byval sret preallocated'],
  ['gate:address', 'addrspace'],
]
export const REFUSED_WORDS: ReadonlyMap<string, string> = new Map(
  REFUSED.flatMap(([reason, list]) => list.split(' ').map(word => [word, reason] as const)),
)

export const FAST_MATH = words('fast nnan ninf nsz arcp contract afn reassoc')

/** Flags, predicates, constants and the small words between operands. */
export const SMALL_WORDS = words(`
  nsw nuw exact inbounds nusw disjoint nneg samesign inrange
  eq ne ugt uge ult ule sgt sge slt sle oeq ogt oge olt ole one ord ueq une uno
  true false null poison undef zeroinitializer splat none to align label x`)

/** Words before an argument or result that promise something, or only say how it is passed. */
export const PROMISES = words(`
  noundef nonnull noalias nocapture captures readonly writeonly readnone returned immarg nofree writable
  dereferenceable dereferenceable_or_null nofpclass range align initializes dead_on_unwind dead_on_return inreg
  noext`)
/** Those that say how it is passed, and must stay. */
export const PASSING = words('zeroext signext')

export const isType = (word: string): boolean =>
  /^(?:i[1-9]\d{0,3}|half|bfloat|float|double|ptr|void)$/.test(word)
