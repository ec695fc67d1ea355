import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { extractTar, packTar } from '../../../src/containers/tar.ts'

const LIMITS = { files: 100, bytes: 1 << 20 }
const scratch = () => mkdtempSync(join(tmpdir(), 'xlab-test-'))
/** Arrives in pieces that respect no boundary. */
async function* pieces(archive: Uint8Array, size = 700) {
  for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size)
}
const file = (path: string, text = 'x') => ({ path, bytes: Buffer.from(text), mode: 0o644 })

test('what is packed can be read by tar and comes out the same', async () => {
  const archive = packTar([
    file('run/a.txt', 'hello'),
    file('run/deep/b.bin', 'y'.repeat(1500)),
    file('run/empty', ''),
  ])
  const listed = execFileSync('tar', ['tf', '-'], { input: archive }).toString().trim().split('\n')
  expect(listed).toEqual(['run/a.txt', 'run/deep/b.bin', 'run/empty'])
  const folder = scratch()
  expect(await extractTar(pieces(archive), folder, LIMITS)).toEqual([])
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('hello')
  expect(readFileSync(join(folder, 'deep/b.bin'), 'utf8')).toBe('y'.repeat(1500))
  expect(readFileSync(join(folder, 'empty'), 'utf8')).toBe('')
})

test.each(['gnu', 'posix'])('names as long as those of a dump survive the %s format', async format => {
  const name = `module_0072.${'a_inference_train_'.repeat(10)}.before_optimizations é.txt`
  const from = scratch()
  mkdirSync(join(from, 'run'))
  writeFileSync(join(from, 'run', name), 'hlo')
  const archive = execFileSync('tar', [`--format=${format}`, '-C', from, '-cf', '-', 'run'])
  const folder = scratch()
  await extractTar(pieces(archive), folder, LIMITS)
  expect(readdirSync(folder)).toEqual([name])
})

test('links and paths that leave the folder are skipped and named', async () => {
  const from = scratch()
  mkdirSync(join(from, 'run'))
  symlinkSync('/etc/passwd', join(from, 'run', 'link'))
  const links = execFileSync('tar', ['-C', from, '-cf', '-', 'run'])
  const folder = scratch()
  expect(await extractTar(pieces(links), folder, LIMITS)).toEqual(['run/link'])
  const bad = ['run/../../up', '/etc/absolute', 'run/./dot', 'top']
  expect(await extractTar(pieces(packTar(bad.map(path => file(path)))), folder, LIMITS)).toEqual(bad)
  expect(readdirSync(folder)).toEqual([])
})

test('an archive cut short, too large or too full is an error', async () => {
  const archive = packTar([file('run/a', 'z'.repeat(600)), file('run/b')])
  await expect(extractTar(pieces(archive.subarray(0, 900)), scratch(), LIMITS)).rejects.toThrow('cut short')
  await expect(extractTar(pieces(archive), scratch(), { files: 1, bytes: 1e6 })).rejects.toThrow(
    'more than 1 files',
  )
  await expect(extractTar(pieces(archive), scratch(), { files: 9, bytes: 500 })).rejects.toThrow(
    'more than 500 bytes',
  )
})

test('a file is never written twice or through one that is there', async () => {
  const twice = packTar([file('run/a', '1'), file('run/a', '2')])
  await expect(extractTar(pieces(twice), scratch(), LIMITS)).rejects.toThrow('EEXIST')
})
