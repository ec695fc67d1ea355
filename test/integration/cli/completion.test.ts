/** Completion in the shells themselves, where they are installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT } from '../../../src/config/paths.ts'
import { run } from '../../../src/process/run.ts'
import { xlab } from '../../xlab.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'xlab-shells-'))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

const missing = (shell: string): boolean => spawnSync(shell, ['-c', 'exit'], { timeout: 10_000 }).status !== 0

/** Standard output of a shell that runs a script with xlab on its path. */
async function inShell(shell: string, args: readonly string[], script: string): Promise<string> {
  const file = join(FOLDER, `${shell}-script`)
  writeFileSync(file, script)
  const env = { PATH: `${ROOT}${delimiter}${process.env.PATH}`, HOME: FOLDER, TERM: 'xterm' }
  const exit = await run(shell, [...args, file], { env, timeoutMs: 60_000 })
  return exit.stdout.toString('utf8')
}

const LINES: readonly (readonly [line: string, word: string])[] = [
  ['xlab har', 'harvest'],
  ['xlab harvest mat', 'matmul'],
  ['xlab optimise --with xla,sea', 'xla,search'],
  ['xlab optimise --tar', '--target'],
  ['xlab bench --host loc', 'local'],
]

test.skipIf(missing('bash'))('bash (needs bash)', async () => {
  const answers = await inShell(
    'bash',
    ['--norc'],
    [
      'source <(xlab completion bash)',
      'complete -p xlab',
      `try() { COMP_LINE=$1 COMP_POINT=\${#1} _xlab 2>/dev/null; printf '%s|' "\${COMPREPLY[@]}"; echo; }`,
      ...LINES.map(([line]) => `try '${line}'`),
      "try 'xlab optimise --with xla,opt:O'",
    ].join('\n'),
  )
  expect(answers.trimEnd().split('\n')).toEqual([
    'complete -F _xlab xlab',
    ...LINES.map(([, word]) => `${word}|`),
    // Readline takes what is behind the colon for the word.
    'O0|O1|O2|O3|Os|Oz|',
  ])
})

test.skipIf(missing('zsh'))('zsh, typed into a terminal (needs zsh)', async () => {
  const answers = await inShell(
    'zsh',
    ['-f'],
    [
      'zmodload zsh/zpty',
      'zpty shell zsh -f -i',
      'expect() { local all line; repeat 200; do zpty -rt shell line && all+=$line; [[ $all == *$1* ]] && return; sleep 0.05; done; print -r -- "no $1 in $all" }',
      "zpty -w shell 'autoload -U compinit; compinit -u -D; source <(xlab completion zsh); print rea''dy'",
      'expect ready',
      ...LINES.flatMap(([line, word]) => [
        `zpty -n -w shell $'\\x15'${`'${line}'`}$'\\t'`,
        `expect '${word.replace(/^.*,/, '')}'`,
      ]),
      'print done',
      'zpty -d shell',
    ].join('\n'),
  )
  expect(answers).toBe('done\n')
})

test.skipIf(missing('fish'))('fish (needs fish)', async () => {
  const answers = await inShell(
    'fish',
    ['--no-config'],
    ['xlab completion fish | source', ...LINES.map(([line]) => `complete -C '${line}'`)].join('\n'),
  )
  const offered = answers
    .trimEnd()
    .split('\n')
    .map(line => line.split('\t')[0])
  expect(offered).toEqual(LINES.map(([, word]) => word))
})

test('another shell: which there are', async () => {
  expect(await xlab('completion', 'tcsh')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown shell 'tcsh'"),
  })
})
