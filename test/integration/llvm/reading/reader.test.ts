import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEngine } from '../../../../src/llvm/engine/engine.ts'
import { openReader, type Reader } from '../../../../src/llvm/reading/reader.ts'
import { ensureToolchain, type Toolchain } from '../../../../src/llvm/toolchain.ts'

const DUMPS = join(import.meta.dirname, '../../../fixtures/dumps')
const texts = (producer: string): string[] =>
  readdirSync(join(DUMPS, producer), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ll'))
    .map(file => readFileSync(join(DUMPS, producer, file), 'utf8'))

/** Types nested so deep that LLVM's recursive parser overflows its stack: it really crashes. */
const CRASHING = `@x = global ${'['.repeat(500_000).replaceAll('[', '[1 x ')}i8${']'.repeat(500_000)} zeroinitializer`

let toolchain: Toolchain
let reader: Reader
beforeAll(async () => {
  toolchain = await ensureToolchain()
  reader = await openReader(toolchain)
})
afterAll(() => reader.close())

describe('the ladder', () => {
  test.each(['tensorflow-2.16', 'tensorflow-2.18', 'tensorflow-2.21'])(
    'reads all of %s by itself',
    async producer => {
      const all = texts(producer)
      expect(all.length).toBeGreaterThan(0)
      for (const result of await Promise.all(all.map(text => reader.read(text))))
        expect(result).toEqual({ state: 'ok', reader: '22.1.8' })
    },
  )

  // The newer reader comes for x86-64 only.
  test.skipIf(process.arch !== 'x64')(
    'takes newer syntax of JAX to the newer LLVM, and on as bitcode',
    async () => {
      const results = await Promise.all(texts('jax-0.10').map(text => reader.read(text)))
      expect(results.filter(result => result.state === 'rejected')).toEqual([])
      const newer = results.filter(result => result.state === 'ok' && result.reader !== '22.1.8')
      expect(newer.length).toBeGreaterThan(0)
      for (const result of newer)
        expect(result).toMatchObject({ reader: '23.1.4', bitcode: expect.any(Uint8Array) })
    },
  )

  test('rejects what is wrong with line and column, and what only verification finds', async () => {
    const wrong = await reader.read('define i32 @f(i32 %a) {\n  ret i64 %a\n}')
    expect(wrong).toMatchObject({ state: 'rejected', message: expect.stringContaining(':2:11: error: ') })
    const late = 'define i32 @f() {\n  %a = add i32 %b, 1\n  %b = add i32 1, 1\n  ret i32 %a\n}'
    expect(await reader.read(late)).toMatchObject({ message: expect.stringContaining('does not verify') })
    expect(await reader.read(Buffer.from([0, 1, 2, 0xff]))).toMatchObject({ state: 'rejected' })
  })

  test('a text that crashes LLVM costs that text only', async () => {
    const good = texts('tensorflow-2.21').slice(0, 12)
    const results = await Promise.all([...good, CRASHING, ...good].map(text => reader.read(text)))
    expect(results.map(result => result.state)).toEqual([
      ...good.map(() => 'ok'),
      'rejected',
      ...good.map(() => 'ok'),
    ])
    expect(results[good.length]).toMatchObject({ message: expect.stringContaining('SIGSEGV') })
  })
})

describe('the engine', () => {
  test('ends what runs past its deadline, and goes on with the next', async () => {
    const engine = openEngine({ libLlvm: toolchain.libLlvm, children: 1, deadlineMs: 100 })
    const read = (stores: number) => {
      const ir = `define void @f() {\n${'  store volatile i32 0, ptr null\n'.repeat(stores)}  ret void\n}\n`
      return engine.call({ op: 'read', ir, wantBitcode: false })
    }
    const [slow, quick] = await Promise.all([read(1_000_000), read(1)])
    expect(slow).toMatchObject({ state: 'died', message: expect.stringContaining('time limit') })
    expect(quick).toEqual({ state: 'ok' })
    engine.close()
  })

  test('says so when the library is none', async () => {
    const engine = openEngine({ libLlvm: '/nowhere/libLLVM.so', children: 1 })
    await expect(engine.call({ op: 'read', ir: '', wantBitcode: false })).rejects.toMatchObject({
      exitCode: 5,
    })
    engine.close()
  })
})
