import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../src/config/paths.ts'
import { copiedPaths, taggedName } from '../../../src/containers/image.ts'

test('what an image is made of is read from its Dockerfile', () => {
  expect(copiedPaths('FROM x\nCOPY a.txt b.txt /opt/\nCOPY --chown=1:1 c /c\nCOPY --from=y /d /d\n')).toEqual(
    ['a.txt', 'b.txt', 'c'],
  )
  expect(copiedPaths(readFileSync(join(ROOT, 'docker/tensorflow/Dockerfile'), 'utf8'))).toEqual([
    'requirements.txt',
  ])
})

test('the tag follows the content of the inputs and of nothing else', () => {
  const context = mkdtempSync(join(tmpdir(), 'xlab-test-'))
  const dockerfile = join(context, 'Dockerfile')
  const spec = { name: 'n', context, dockerfile }
  writeFileSync(dockerfile, 'FROM x\nCOPY in.txt /\n')
  writeFileSync(join(context, 'in.txt'), '1')
  const first = taggedName(spec)
  expect(first).toMatch(/^n:[0-9a-f]{16}$/)
  writeFileSync(join(context, 'other.txt'), 'changed')
  expect(taggedName(spec)).toBe(first)
  writeFileSync(join(context, 'in.txt'), '2')
  expect(taggedName(spec)).not.toBe(first)
})
