import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../../src/config/paths.ts'
import { exampleSettings, settingsSchema } from '../../../../src/config/settings/documents.ts'
import { SECTIONS } from '../../../../src/config/settings/fields.ts'
import { GENERATED } from '../../../../src/config/settings/generate.ts'
import { loadSettings } from '../../../../src/config/settings/settings.ts'

function written(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'xlab-test-')), 'xlab.yaml')
  writeFileSync(file, text)
  return file
}

/** What is wrong with it, a line each, without the file's folder. */
function problems(text: string): string[] {
  const file = written(text)
  try {
    loadSettings({ path: file })
  } catch (error) {
    return (error as Error).message.split('\n').map(line => line.replace(`${file}:`, ''))
  }
  return []
}

test('hosts and llms come with camel-cased names, sizes in bytes and paths from the folder of the file', () => {
  const file = written(`
hosts:
  pi: { kind: ssh, address: me@pi, port: 2222, config: keys/ssh }
  far: { kind: ssh, address: far, config: ~/far }
  box: { kind: docker, memory: 512m, cores: 3, cpus: 1.5 }
  arm: { kind: qemu, emulate: cortex-a76, features: +dotprod }
llms:
  mine: { use: 'gguf:/models/a.gguf', key-env: KEY, context: 4096 }
`)
  expect(loadSettings({ path: file })).toEqual({
    file,
    hosts: [
      { name: 'pi', kind: 'ssh', address: 'me@pi', port: 2222, config: join(file, '../keys/ssh') },
      { name: 'far', kind: 'ssh', address: 'far', config: join(homedir(), 'far') },
      { name: 'box', kind: 'docker', memory: 512 * 2 ** 20, cores: '3', cpus: 1.5 },
      { name: 'arm', kind: 'qemu', emulate: 'cortex-a76', features: '+dotprod' },
    ],
    llms: [{ name: 'mine', use: 'gguf:/models/a.gguf', keyEnv: 'KEY', context: 4096 }],
  })
})

test('all problems come at once, each with its line and column and what to write', () => {
  expect(
    problems(`hosts:
  pi:
    kind: shh
  far:
    kind: ssh
    adress: me@far
    port: 99999
  bad name:
    kind: docker
    memory: lots
  arm:
    kind: qemu
    triple: aarch64-linux
lms:
`),
  ).toEqual([
    "3:11: unknown kind 'shh': did you mean ssh?",
    "4:3: 'far' needs address: user@host, or a Host of your ssh configuration",
    "6:5: unknown key 'adress': did you mean address?",
    "7:11: port: '99999' is not a whole number from 1 to 65535; for example port: 22",
    "8:3: 'bad name' cannot be a name: write letters, digits and ._-",
    "10:13: memory: 'lots' is not a size: write 512m or 8g; for example memory: 4g",
    "13:13: triple: unknown value 'aarch64-linux': write x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu",
    "14:1: unknown section 'lms': did you mean llms?",
  ])
})

test.each([
  ['- a list', '1:1: a mapping is wanted here: sections: hosts, llms'],
  ['hosts: [pi]', '1:8: a mapping is wanted here: names, each with its fields'],
  ['hosts:\n  pi: 3', '2:7: a mapping is wanted here: fields'],
  ['hosts:\n  pi: {}', '2:3: kind is missing: write kind: ssh, docker, qemu, local'],
  ['hosts:\n\tpi: 1', /^2:1: not YAML: Tabs/],
  ['hosts: {}\nhosts: {}', /^2:1: not YAML: Map keys must be unique/],
  ['hosts: {a: {kind: ssh, address: "-oProxyCommand=x"}}', /address: '-oProxyCommand=x' is not user@host/],
  ['hosts: {a: {kind: ssh, address: a, directory: "/tmp;reboot"}}', /directory: .* is not an absolute path/],
  ['llms: {a: {use: "file:x"}}', /use: 'file:x' is not builtin, gguf:PATH/],
  ['llms: {a: {use: builtin, key-env: "sk-123"}}', /key-env: .* never the key itself/],
])('%j is refused', (text, problem) => {
  expect(problems(text)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
})

test.each(['', '# nothing\n', 'hosts:\nllms:\n'])('%j says nothing, and that is no error', text => {
  expect(loadSettings({ path: written(text) })).toMatchObject({ hosts: [], llms: [] })
})

test('a settings file that is named must be there', () => {
  expect(() => loadSettings({ path: '/no/such/xlab.yaml' })).toThrow('/no/such/xlab.yaml cannot be read')
})

test('the example loads, and shows every field of every kind, each with a value that is accepted', () => {
  expect(loadSettings({ path: written(exampleSettings()) }).hosts.map(host => host.kind)).toEqual([
    'ssh',
    'docker',
    'qemu',
    'local',
  ])
  const all = loadSettings({ path: written(exampleSettings().replace(/^( {4})# (?=[a-z-]+: \S+$)/gm, '$1')) })
  for (const [shown, section] of [
    [all.hosts, SECTIONS[0]],
    [all.llms, SECTIONS[1]],
  ] as const)
    expect(shown.map(entry => Object.keys(entry).length)).toEqual(
      section.shapes.map(shape => shape.fields.length + ('kind' in shape ? 2 : 1)),
    )
})

test.each(Object.keys(GENERATED))('%s is what the declared fields give (npm run schema)', path => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(GENERATED[path]?.())
})

test('the schema knows every kind and what it needs', () => {
  const text = JSON.stringify(settingsSchema())
  for (const { shapes } of SECTIONS)
    for (const { fields } of shapes) for (const { name } of fields) expect(text).toContain(`"${name}"`)
  expect(text).toContain('"required":["kind","address"]')
})
