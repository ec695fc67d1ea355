/** GGUF files are looked at before anything starts. */
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashWeights, readGguf } from '../../../../src/optimise/llm/server/gguf.ts'

const folder = mkdtempSync(join(tmpdir(), 'xlab-gguf-'))
const path = (name: string) => join(folder, name)

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const text = (value: string) => Buffer.concat([u64(value.length), Buffer.from(value)])

/** Two tensors: 64 numbers of 32 bits, and at 256 two blocks of Q4_0. */
function file(name: string, version = 3): string {
  const header = Buffer.concat([
    ...[Buffer.from('GGUF'), u32(version), u64(2), u64(4)],
    ...[text('general.architecture'), u32(8), text('llama')],
    ...[text('general.name'), u32(8), text('LLM Compiler 7B')],
    ...[text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(2), text('<s>'), text('</s>')],
    ...[text('llama.context_length'), u32(4), u32(2048)],
    ...[text('a'), u32(1), u64(64), u32(0), u64(0)],
    ...[text('b'), u32(2), u64(32), u64(2), u32(2), u64(256)],
  ])
  const data = Buffer.alloc(Math.ceil(header.length / 32) * 32 - header.length + 256 + 36)
  writeFileSync(path(name), Buffer.concat([header, data]))
  return path(name)
}

test('a whole one says what model it is', async () => {
  const whole = file('whole.gguf')
  expect(readGguf(whole)).toMatchObject({
    ...{ path: whole, model: 'LLM Compiler 7B', architecture: 'llama', contextTokens: 2048 },
  })
  expect(await hashWeights(whole)).toMatch(/^[0-9a-f]{64}$/)
})

test('one byte short is noticed, as is one cut in its header', () => {
  const short = file('short.gguf')
  truncateSync(short, readGguf(short).bytes - 1)
  expect(() => readGguf(short)).toThrow(/cut short: \d+ of at least \d+ bytes/)
  truncateSync(short, 100)
  expect(() => readGguf(short)).toThrow(/cut short: it ends in its header/)
  truncateSync(short, 6)
  expect(() => readGguf(short)).toThrow(/cut short|not a GGUF/)
})

test('what is none is refused', () => {
  writeFileSync(path('html'), '<!doctype html>')
  writeFileSync(path('empty'), '')
  writeFileSync(path('nonsense'), Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(400, 0xff)]))
  expect(() => readGguf(path('html'))).toThrow(/is not a GGUF file/)
  expect(() => readGguf(path('empty'))).toThrow(/is not a GGUF file/)
  expect(() => readGguf(path('nonsense'))).toThrow(/GGUF version 4294967295/)
  expect(() => readGguf(file('old', 1))).toThrow(/GGUF version 1/)
  expect(() => readGguf(path('missing'))).toThrow(/no file/)
  expect(() => readGguf(folder)).toThrow(/is not a file/)
})
