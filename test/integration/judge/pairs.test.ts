/** Pairs of anybody's functions: test/fixtures/verify holds one pair a file, its first line says what is expected. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { localHost } from '../../../src/hosts/local.ts'
import type { JudgeServices } from '../../../src/judge/judge.ts'
import { PASSING, type Verdict } from '../../../src/kernel/verdict.ts'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { ensureToolchain } from '../../../src/llvm/toolchain.ts'
import { type PairVerdict, pairFunctions, verifyPairs } from '../../../src/verify/pairs.ts'

const FOLDER = join(import.meta.dirname, '../../fixtures/verify')
const directory = mkdtempSync(join(tmpdir(), 'xlab-pairs-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

async function services(): Promise<JudgeServices & { flushDenormals: boolean }> {
  const toolchain = await ensureToolchain()
  const host = await localHost(toolchain)
  return { toolchain, host, lanes: createLanes(), directory, seed: 1, trials: 16, flushDenormals: false }
}

/** One word for a verdict: the states that pass are one but for `exhausted`. */
const word = ({ state, reason }: Verdict): string => {
  if (state === 'unknown') return 'undecided'
  if (state === 'refuted' && reason !== undefined) return 'poison'
  return state === 'same' ? 'agreed' : state
}

test('every pair of the folder gets the verdict its first line expects', async () => {
  const files = readdirSync(FOLDER).filter(file => file.endsWith('.ll'))
  expect(files.length).toBeGreaterThan(30)
  const texts = files.map(file => readFileSync(join(FOLDER, file), 'utf8'))
  // All in one go: pairs are named by their file, so that they share executables.
  const pairs = texts.flatMap((text, i) =>
    pairFunctions(text).map(pair => ({
      ...pair,
      name: `${files[i]?.replace('.ll', '')}${pair.name.slice(3)}`,
    })),
  )
  const verdicts = await verifyPairs(pairs, await services())
  const expected = texts.flatMap((text, i) =>
    (/^; expect: (.*)$/m.exec(text)?.[1] ?? '').split(', ').map((state, n) => {
      const several = text.includes('@src1')
      return [`${files[i]?.replace('.ll', '')}${several ? n + 1 : ''}`, state]
    }),
  )
  expect(verdicts.map(({ name, verdict }) => [name, word(verdict)])).toEqual(expected)
})

test('a refuted pair names inputs for which the two really differ', async () => {
  const [only] = await verifyPairs(
    pairFunctions(
      'define i32 @src(i32 %a, i32 %b) {\n  %r = sub i32 %a, %b\n  ret i32 %r\n}\n' +
        'define i32 @tgt(i32 %a, i32 %b) {\n  %r = sub i32 %b, %a\n  ret i32 %r\n}\n',
    ),
    await services(),
  )
  const { values, expected, actual } = counterexampleOf(only)
  const [a = 0, b = 0] = values.map(Number)
  expect([expected, actual]).toEqual([`${(a - b) | 0}`, `${(b - a) | 0}`])
})

test('two files pair by name; what only one has is undecided', async () => {
  const function_ = (name: string, factor: number): string =>
    `define i64 @${name}(i64 %a) {\n  %r = mul i64 %a, ${factor}\n  ret i64 %r\n}\n`
  const before = function_('same', 3) + function_('other', 3) + function_('gone', 3)
  const after = function_('new', 3) + function_('other', 4) + function_('same', 3)
  const verdicts = await verifyPairs(pairFunctions(before, after), await services())
  expect(verdicts.map(({ name, verdict }) => [name, word(verdict), PASSING.includes(verdict.state)])).toEqual(
    [
      ['same', 'agreed', true],
      ['other', 'refuted', false],
      ['gone', 'undecided', false],
      ['new', 'undecided', false],
    ],
  )
})

test('denormals are flushed only when asked', async () => {
  const text =
    'define float @src(float %a) {\n  %r = fmul float %a, 1.0\n  ret float %r\n}\n' +
    'define float @tgt(float %a) {\n  %d = call float @llvm.fabs.f32(float %a)\n  %s = fcmp olt float %d, 0x3810000000000000\n' +
    '  %z = call float @llvm.copysign.f32(float 0.0, float %a)\n  %r = select i1 %s, float %z, float %a\n  ret float %r\n}\n'
  const given = await services()
  const state = async (flushDenormals: boolean) =>
    (await verifyPairs(pairFunctions(text), { ...given, flushDenormals }))[0]?.verdict.state
  expect(await state(false)).toBe('refuted')
  expect(await state(true)).toBe('agreed')
})

function counterexampleOf(pair: PairVerdict | undefined) {
  const found = pair?.verdict.counterexample
  return { values: found?.values ?? [], expected: found?.expected, actual: found?.actual }
}
