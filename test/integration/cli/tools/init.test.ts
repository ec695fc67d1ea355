/** `xlab init`: a file that an editor checks, that says nothing yet, and whose entries work when uncommented. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { readSections } from '../../../../src/config/settings/read.ts'
import { xlab } from '../../../xlab.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'xlab init '))
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

test('writes it once, with a schema an editor finds from there', async () => {
  const file = join(FOLDER, 'xlab.yaml')
  expect(await xlab('init', '--config', file)).toMatchObject({ code: 0, stdout: '' })
  const text = readFileSync(file, 'utf8')
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
  const title = (JSON.parse(readFileSync(fileURLToPath(schema), 'utf8')) as { title: string }).title
  expect(title).toBe('xlab.yaml')
  // It names no host that is not there.
  expect(readSections(text, file)).toEqual({ sections: {}, problems: [] })
  expect(await xlab('hosts', 'qemu-a99', '--config', file)).toMatchObject({ code: 2 })

  const used = text
    .replace('  #server:', '  server:')
    .replace('    #kind: ssh', '    kind: ssh')
    .replace('    #address: me@server', '    address: me@server')
  expect(readSections(used, file)).toMatchObject({
    problems: [],
    sections: { hosts: [{ name: 'server', kind: 'ssh', address: 'me@server' }] },
  })

  // Without any # before a key it is what every field may be.
  const all = text.replaceAll(/^( +)#(?=[\w-]+:)/gm, '$1')
  expect(readSections(all, file).problems).toEqual([])
  expect(readSections(all, file).sections.hosts?.length).toBeGreaterThan(3)

  writeFileSync(file, '# mine\n')
  const again = await xlab('init', '--config', file)
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
  expect(readFileSync(file, 'utf8')).toBe('# mine\n')
  expect(await xlab('init', '--config', file, '--force')).toMatchObject({ code: 0 })
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(existsSync(`${file}.part`)).toBe(false)
})

test('all that is wrong with a file, at once, with lines and columns', async () => {
  const file = join(FOLDER, 'wrong.yaml')
  writeFileSync(file, 'hosts:\n  a:\n    kind: ssh\n    prot: 1\n  b:\n    kind: shh\nllmz:\n')
  const { code, stderr } = await xlab('hosts', '--config', file)
  expect(code).toBe(2)
  for (const place of [':2:3:', ':4:5:', ':6:11:', ':7:1:']) expect(stderr).toContain(`${file}${place}`)
})
