/** `run.sh` of an exported kernel: rebuilds, checks and times it. Pure. */

/** One build as the script makes it. */
export interface ScriptBuild {
  /** Its folder in `builds/`, and its name in tables. */
  readonly name: string
  /** Its function in the harness. */
  readonly id: string
  /** `commands`: by `commands.sh` in its folder. `object`: its `object.o` as it stands. */
  readonly from: 'commands' | 'object'
}

export interface ScriptRequest {
  /** Major version of the LLVM that made the builds. */
  readonly llvm: string
  /** x86_64 or aarch64. */
  readonly architecture: string
  readonly reference: ScriptBuild
  readonly builds: readonly ScriptBuild[]
  /** `none`: the kernel cannot be called alone. `scalar`: through an adapter, guarded or not. */
  readonly call: 'none' | 'frame' | 'scalar' | 'guarded'
}

/** POSIX shell; names in it are of `[a-z0-9-]`. */
export function runScript({ llvm, architecture, reference, builds, call }: ScriptRequest): string {
  const all = [reference, ...builds]
  const compiled = all.filter(({ from }) => from === 'commands')
  return [
    HEAD,
    ...compiled.map(({ name }) => `build ${name}`),
    ...(call === 'none'
      ? ['echo "this kernel cannot be called alone (README.md): its builds are made, and nothing is run"']
      : [
          LINK,
          ...(call === 'scalar' || call === 'guarded' ? ['build adapter'] : []),
          ...(call === 'guarded' ? ['build guard'] : []),
          ...all.map(({ name, id, from }) =>
            [
              call === 'frame' ? 'frame' : call,
              id,
              `builds/${name}/${from === 'object' ? 'object.o' : 'OUT'}`,
            ].join(' '),
          ),
          RUN,
        ]),
    '',
  ]
    .join('\n')
    .replaceAll('LLVM_MAJOR', llvm)
    .replaceAll('ARCHITECTURE', architecture)
}

const HEAD = `#!/bin/sh
# Rebuilds every build of this kernel, checks it on seeded inputs and times it.
# Needs a C compiler and LLVM LLVM_MAJOR (opt, llc, llvm-objcopy). Settings, from the environment:
#   LLVM=FOLDER   where its programs are      CC='COMMAND'     the C compiler
#   ROUNDS=N      times each build is timed   RUN='EMULATOR'   what starts programs for ARCHITECTURE elsewhere
set -eu
cd "$(dirname "$0")"

tool() {
  for candidate in \${LLVM:+"$LLVM/$1" "$LLVM/bin/$1"} "/usr/lib/llvm-LLVM_MAJOR/bin/$1" "$1-LLVM_MAJOR" "$1"; do
    if command -v "$candidate" >/dev/null; then command -v "$candidate"; return; fi
  done
  echo "run.sh: there is no $1: install LLVM LLVM_MAJOR, or name its folder with LLVM=FOLDER" >&2
  exit 5
}
OPT=$(tool opt)
LLC=$(tool llc)
OBJCOPY=$(tool llvm-objcopy)
version=$("$OPT" --version | sed -n 's/.*LLVM version \\([0-9][0-9.]*\\).*/\\1/p')
[ "\${version%%.*}" = LLVM_MAJOR ] ||
  echo "run.sh: $OPT is LLVM $version and the builds were made by LLVM_MAJOR: code and times may differ" >&2
opt() { "$OPT" "$@"; }
llc() { "$LLC" "$@"; }

# Runs the recorded command lines in the build's folder and says whether the object came out as xlab had it.
build() {
  (cd "builds/$1" && . ./commands.sh) || { echo "run.sh: $1 does not build with LLVM $version" >&2; exit 1; }
  [ -f "builds/$1/object.sha256" ] || return 0
  if [ "$(sha256sum <"builds/$1/OUT")" = "$(cat "builds/$1/object.sha256")" ]
  then echo "$1: the same bytes as xlab's"
  else echo "$1: other bytes than xlab's (LLVM $version, perhaps another build of it)"
  fi
}
`

const LINK = `
rm -rf work
mkdir work
# Each build's function gets a name of its own.
frame() { "$OBJCOPY" --redefine-sym "kernel=function_$1" "$2" "work/$1.o"; }
scalar() {
  "$OBJCOPY" --redefine-sym "kernel=$1_scalar" "$2" "work/$1.scalar.o"
  "$OBJCOPY" --redefine-sym "kernel=function_$1" --redefine-sym "xlab_scalar=$1_scalar" builds/adapter/OUT "work/$1.o"
}
guarded() {
  scalar "$1" "$2"
  cp builds/guard/OUT work/guard.o
}`

const RUN = `
CC=\${CC:-$(command -v clang-LLVM_MAJOR || command -v clang || command -v cc || command -v gcc || true)}
[ -n "$CC" ] || { echo "run.sh: there is no C compiler: install clang or gcc, or name one with CC" >&2; exit 5; }
if [ "$(uname -m)" != ARCHITECTURE ] && [ -z "\${RUN:-}" ]; then
  echo "run.sh: built for ARCHITECTURE, and this is $(uname -m): name an emulator with RUN and a cross compiler with CC" >&2
  exit 5
fi
# No -pie: XLA's own objects hold absolute addresses.
$CC -std=gnu11 -O2 -ffp-contract=off -fno-strict-aliasing -no-pie native/*.c work/*.o -lm -o work/harness
[ -z "\${RUN:-}" ] || echo "run.sh: under $RUN results count, and times say nothing: they are the emulator's" >&2
\${RUN:-} work/harness <job.txt`
