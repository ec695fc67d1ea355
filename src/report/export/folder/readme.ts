/** The page in an exported kernel's folder. Pure. */
import type { Target } from '../../../kernel/build.ts'
import type { BuildDossier, Dossier } from '../../../store/kernels/dossier.ts'
import { escapeMarkdown, formatRows } from '../../format.ts'
import type { Call } from './folder.ts'
import type { ScriptBuild } from './run-script.ts'

const CALLS: Readonly<Record<Call, string>> = {
  none: 'It cannot be called alone, so its builds are made but not run.',
  frame:
    'It is called as XLA does: `void *kernel(const CallFrame *)`, once for each workgroup; null is success.',
  scalar: 'It takes and returns scalars; `builds/adapter` calls it for every element of buffers.',
  guarded:
    'It takes and returns scalars; `builds/adapter` calls it for every element of buffers, but where `builds/guard` says that a call is undefined.',
}

/** How to check what was made for ARM on another machine. */
const ELSEWHERE = [
  'On a machine that is not ARM: `apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross`, then',
  "`RUN=qemu-aarch64 CC='aarch64-linux-gnu-gcc -static' ./run.sh`. Times are the emulator's there, and say nothing.",
  '',
]

/** Markdown. */
export function readme(about: {
  readonly kernel: Dossier
  readonly builds: readonly { readonly build: BuildDossier; readonly script: ScriptBuild }[]
  readonly call: Call
  readonly llvm: string
  readonly target: Target
}): string {
  const { kernel, builds, call, llvm, target } = about
  const [origin] = kernel.origins
  const why = kernel.origins.find(({ unrunnable }) => unrunnable !== null)?.unrunnable
  return [
    `# ${escapeMarkdown(kernel.name)}`,
    '',
    `Kernel \`${kernel.hash}\`, exported by xlab.`,
    '',
    ...(origin === undefined
      ? []
      : [
          `- model ${escapeMarkdown(origin.model)}${origin.producer === null ? '' : `, ${escapeMarkdown(origin.producer)}`}${origin.opName === null ? '' : `, op ${escapeMarkdown(origin.opName)}`}`,
          ...(origin.sourceFile === null
            ? []
            : [`- ${escapeMarkdown(`${origin.sourceFile}:${origin.sourceLine ?? '?'}`)}`]),
        ]),
    `- target ${target.triple}, CPU ${target.cpu}: a CPU without its features stops with an illegal instruction`,
    `- ${CALLS[call]}${call === 'none' && why != null ? ` (${escapeMarkdown(why)})` : ''}`,
    '',
    '```sh',
    './run.sh',
    '```',
    '',
    `rebuilds every build by its recorded command lines, compares each with the reference (\`builds/reference\`: the`,
    `kernel without optimisation) on seeded inputs, and times them in turns. It needs a C compiler and LLVM ${llvm}`,
    `(\`opt\`, \`llc\`, \`llvm-objcopy\`): on Debian, \`apt-get install clang-${llvm} llvm-${llvm} libc6-dev\`. Its first lines say`,
    'what can be set. It runs code that a compiler made of a model: run it where you would run that model.',
    '',
    ...(target.triple.startsWith('aarch64') ? ELSEWHERE : []),
    '`equal`: the same numbers. `close`: within half of the digits of the type, as other orders of rounding give.',
    "`WRONG`: further apart. `kernel.json` holds xlab's own verdicts, which are stricter, and its measurements.",
    '',
    formatRows(
      builds.map(({ build, script }) => ({
        build: script.name,
        by: build.proposers.join(', '),
        code_bytes: build.codeBytes,
        verdict: build.verdicts[0]?.state ?? 'not judged',
        ratio: build.times[0]?.ratio ?? null,
      })),
      ['build', 'by', 'code_bytes', 'verdict', { name: 'ratio', title: "time to XLA's", digits: 3 }],
      'md',
    ),
    '- `kernel.ll`: the IR as harvested; `builds/*/optimised.ll`: after optimisation',
    '- `builds/*/IN`, `commands.sh`: what a build is made of, and how; `object.o`: XLA’s own object',
    "- `job.txt`, `native/`: inputs by seed and shape, and the harness, most of it xlab's runner as it stands",
    '',
  ].join('\n')
}
