/** Passes that no list of ours holds, by declared rules, each with its reason. What a rule does not name is in. */

interface Rule {
  readonly why: string
  readonly names: RegExp
}

const rule = (why: string, names: string): Rule => ({
  why,
  names: new RegExp(`^(?:${names.trim().split(/\s+/).join('|')})$`),
})

const RULES: readonly Rule[] = [
  rule(
    'prints, counts or checks, and changes nothing',
    `print.* dot-.* view-.* verify.* lint aa-eval pa-eval instcount count-visits func-properties-stats kernel-info
    no-op-.* annotation-remarks transform-warning helloworld invalidate.* extra-.* assume-builder`,
  ),
  rule('crashes by design', 'trigger-.*'),
  rule(
    'renames, or concerns debug information alone: the code stays',
    `instnamer metarenamer strip strip-.*debug.* strip-nonlinetable.* strip-dead-cg-profile debugify check-debugify
    add-discriminators declare-to-assign redundant-dbg-inst-elim normalize name-anon-globals assign-guid
    canonicalize-aliases annotation2metadata`,
  ),
  rule(
    'instruments, sanitises, or needs a profile',
    `.*san(-module)? alloc-token.* sancov.* sanmd.* .*memprof.* .*prof .*profile.* pgo-.* prof-.* ctx-.* insert-gcov.* instrprof
    pseudo-probe.* jmc-.* ee-instrument bounds-checking stack-protector safe-stack kcfi cfguard lower-allow-check chr
    hotcoldsplit select-optimize`,
  ),
  rule(
    'serves other languages: coroutines, Objective-C, garbage collection, guards, exceptions, type tests',
    `coro-.* objc-.* .*gc-.* rewrite-statepoints.* place-safepoints .*guard.* loop-predication .*widenable.*
    .*-eh-prepare lower-invoke callbr-prepare cross-dso-cfi lowertypetests simplify-type-tests wholeprogramdevirt
    openmp-opt.* move-auto-init lower-global-dtors lower-ifunc lower-emutls rewrite-symbols jump-table-to-switch
    lower-matrix-intrinsics`,
  ),
  rule(
    'serves other processors: GPUs, hardware loops, address spaces',
    `hipstdpar.* dxil.* structurizecfg hardware-loops infer-address-spaces fix-irreducible unify-loop-exits`,
  ),
  rule(
    'serves link-time optimisation, or removes what must stay exported',
    `thinlto.* lto.* fatlto.* function-import noinline-nonprevailing norecurse-lto.* embed-bitcode internalize
    extract-blocks loop-extract elim-avail-extern global-merge-func inliner-ml-.*`,
  ),
  rule(
    'is a step of the code generator, which llc takes itself',
    `codegenprepare expand-.* atomic-expand lower-atomic pre-isel-.* interleaved-access indirectbr-expand
    unreachableblockelim free-machine-function scalarize-masked-mem-intrin typepromotion complex-deinterleaving
    declare-runtime-libcalls`,
  ),
  rule('needs a library of vector functions that nobody named', 'replace-with-veclib inject-tli-mappings'),
  rule('adds the attributes of a build, which are chosen apart from the passes', 'forceattrs'),
  rule('is an experiment that LLVM itself does not enable at any level', 'sandbox-vectorizer'),
]

/** Why no list of ours holds a pass; undefined if lists may. */
export const leftOut = (name: string): string | undefined => RULES.find(({ names }) => names.test(name))?.why
