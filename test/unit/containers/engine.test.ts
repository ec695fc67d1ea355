import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { connection, endpoints } from '../../../src/containers/endpoint.ts'
import { findEngine, noEngineError } from '../../../src/containers/engine.ts'

const scratch = () => mkdtempSync(join(tmpdir(), 'xlab-test-'))
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A fake engine on a socket of its own. */
async function fakeEngine(answer: RequestListener) {
  const path = join(scratch(), 'docker.sock')
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(path, resolve))
  closing.push(() => server.close())
  return { url: `unix://${path}`, from: 'a test' }
}
const healthy: RequestListener = (_request, response) => {
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ ServerVersion: '99.1', SecurityOptions: ['name=seccomp'] }))
}

test('DOCKER_HOST is the only place looked at when it is set', () => {
  const found = endpoints({
    DOCKER_HOST: 'tcp://box:2376',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: '/certs',
  })
  expect(found).toEqual([{ url: 'tcp://box:2376', from: 'DOCKER_HOST', certificates: '/certs' }])
})

test('the current context comes next, from the config or by name', () => {
  const folder = scratch()
  const id = createHash('sha256').update('lab').digest('hex')
  mkdirSync(join(folder, 'contexts/meta', id), { recursive: true })
  const meta = { Name: 'lab', Endpoints: { docker: { Host: 'ssh://me@lab' } } }
  writeFileSync(join(folder, 'contexts/meta', id, 'meta.json'), JSON.stringify(meta))
  const expected = [{ url: 'ssh://me@lab', from: "docker context 'lab'" }]
  expect(endpoints({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'lab' })).toEqual(expected)
  writeFileSync(join(folder, 'config.json'), '{"currentContext":"lab"}')
  expect(endpoints({ DOCKER_CONFIG: folder })).toEqual(expected)
  expect(endpoints({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'default' })[0]?.url).toBe(
    'unix:///var/run/docker.sock',
  )
})

test.each([
  ['unix:///run/d.sock', { socketPath: '/run/d.sock' }],
  ['tcp://box:2375', { protocol: 'http', host: 'box', port: '2375' }],
  ['ssh://me@box', { protocol: 'ssh', host: 'box', port: 22, username: 'me' }],
  ['nonsense', undefined],
  ['', undefined],
])('%s is reached as it says', (url, options) => {
  const found = connection({ url, from: 'a test' })
  if (options === undefined) expect(found).toBeUndefined()
  else expect(found).toMatchObject(options)
})

test('the first engine that answers is taken', async () => {
  const dead = { url: `unix://${join(scratch(), 'none.sock')}`, from: 'a dead place' }
  const broken = await fakeEngine((_request, response) => response.writeHead(500).end('no'))
  const found = await findEngine([dead, broken, await fakeEngine(healthy)])
  expect(found).toMatchObject({ state: 'found', engine: { where: 'a test, Docker 99.1' } })
})

test('with none, every place tried is told, with what to do', async () => {
  const dead = { url: `unix://${join(scratch(), 'none.sock')}`, from: 'a dead place' }
  const silent = await fakeEngine(() => {})
  const found = await findEngine([dead, silent, { url: 'nonsense', from: 'DOCKER_HOST' }], 200)
  if (found.state !== 'none') throw new Error('found an engine that is not there')
  expect(found.tried).toHaveLength(3)
  expect(found.tried[0]).toMatch(/a dead place.*ENOENT/)
  expect(found.tried[1]).toMatch(/no answer in 0.2 s/)
  expect(noEngineError(found.tried)).toMatchObject({
    exitCode: 5,
    hint: expect.stringContaining('--runtime local'),
  })
})
