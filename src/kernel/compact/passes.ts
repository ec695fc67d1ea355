/**
 * The passes that make a kernel's IR short: inlining, values instead of memory, what is computed once, control flow
 * and instructions in LLVM's own simplest form. Whatever is built from text they made names them: it is a build of
 * the kernel with these passes first.
 */
export const CANONICALISING =
  'always-inline,inline,function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,early-cse),globaldce'
