/** A fake python3 on PATH stands for pip: it notes each download and gives a wheel, or fails as pip does. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { run } from '../../../src/process/run.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xlab-wheels-'))
  mkdirSync(join(folder, 'path'))
})

/** `download` is what happens on `pip download`, with the folder for the wheel in $dest. */
function fakePython(download: string): void {
  const script = `#!/bin/sh
case "$*" in
*'import sys, pip'*) exit 0 ;;
*'pip download'*)
  echo fetched >>'${folder}/downloads'
  while [ "$1" != --dest ]; do shift; done
  dest=$2; mkdir -p "$dest"
  ${download} ;;
*zipfile*) mkdir -p "$5/bin"; echo tool >"$5/bin/tool" ;;
esac
`
  writeFileSync(join(folder, 'path/python3'), script)
  chmodSync(join(folder, 'path/python3'), 0o755)
}

async function fetchWheel(): Promise<unknown> {
  const env = { PATH: `${join(folder, 'path')}:/usr/bin:/bin`, XLAB_STATE: join(folder, 'state') }
  const script = join(import.meta.dirname, 'fetch-wheel.ts')
  const exit = await run(process.execPath, [script], { bare: true, env })
  return JSON.parse(exit.stdout.toString('utf8'))
}

const left = (): string[] => readdirSync(join(folder, 'state/toolchain'))
const GOOD = 'sleep 0.1; echo wheel >"$dest/part-1.0.whl"'

test('two at once fetch it once, and both find it whole', async () => {
  fakePython(GOOD)
  const both = await Promise.all([fetchWheel(), fetchWheel()])
  expect(both).toEqual(Array(2).fill({ files: ['tool'], mode: 0o755 }))
  expect(readFileSync(join(folder, 'downloads'), 'utf8')).toBe('fetched\n')
  expect(left()).toEqual(['part-1.0'])
})

test('what an ended xlab left half done is in nobody’s way', async () => {
  fakePython(GOOD)
  const part = join(folder, 'state/toolchain/part-1.0.part/files/bin/old')
  mkdirSync(dirname(part), { recursive: true })
  writeFileSync(join(folder, 'state/toolchain/part-1.0.lock'), '4194305')
  expect(await fetchWheel()).toEqual({ files: ['tool'], mode: 0o755 })
  expect(left()).toEqual(['part-1.0'])
})

test.each([
  [
    "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES from the requirements file.' >&2; exit 1",
    /not the pinned/,
  ],
  ["echo 'WARNING: Retrying (Retry(total=1)) after connection broken' >&2; exit 1", /index does not answer/],
  ["echo 'ERROR: Could not install: No space left on device' >&2; exit 1", /no room for part 1\.0/],
])('a failure of pip is an environment error that leaves nothing: %s', async (download, message) => {
  fakePython(download)
  expect(await fetchWheel()).toMatchObject({
    exitCode: 5,
    message: expect.stringMatching(message),
    hint: expect.any(String),
  })
  expect(existsSync(join(folder, 'state/toolchain/part-1.0'))).toBe(false)
  expect(left()).toEqual([])
})
