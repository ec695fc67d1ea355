/** The docker runtime with a real engine. Skipped, saying why, where none answers. */
import { execFileSync, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Docker from 'dockerode'
import { beforeAll, describe, expect, test } from 'vitest'
import { connection, endpoints } from '../../src/containers/endpoint.ts'
import { findEngine } from '../../src/containers/engine.ts'
import { dockerRuntime } from '../../src/harvest/runtime/docker.ts'
import { chooseRuntime, type Runtime } from '../../src/harvest/runtime/runtime.ts'
import { kernelFiles, model, runModel } from '../run-model.ts'

const found = await findEngine()
const why = found.state === 'none' ? ` (skipped: no Docker engine answers: ${found.tried.join('; ')})` : ''

/** Containers that xlab started, running or not. */
async function containers(): Promise<string[]> {
  const list = await new Docker().listContainers({ all: true, filters: { label: ['xlab.owner'] } })
  return list.map(({ Command }) => Command)
}

describe.skipIf(found.state === 'none')(`containers${why}`, () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await chooseRuntime('docker')
    await runtime.prepare()
  }, 900_000)

  test.each(['matmul', 'mlp'])('%s gives the same kernels and losses as the local runtime', async name => {
    const local = await chooseRuntime('local')
    await local.prepare()
    const [here, there] = [await runModel(local, name), await runModel(runtime, name)]
    expect(there.outcome).toMatchObject({
      state: 'complete',
      image: expect.stringMatching(/^xlab-tensorflow:/),
    })
    expect(there.outcome.imageDigest).toMatch(/^sha256:/)
    expect(there.outcome.timings.map(({ program }) => program)).toEqual(['train', 'infer'])
    expect(kernelFiles(there)).toEqual(kernelFiles(here))
    expect(kernelFiles(there).length).toBeGreaterThan(3)
  })

  test('a model can reach and write nothing but its dump, which is ours', async () => {
    const { outcome, dumpDir, files } = await runModel(runtime, model('jail.py'))
    const jail = JSON.parse(/^jail:(.*)$/m.exec(outcome.log)?.[1] ?? '{}')
    expect(jail).toEqual({
      user: process.getuid?.(),
      capabilities: 0,
      newPrivileges: false,
      interfaces: ['lo'],
      writesRoot: false,
      writesModels: false,
      writesModel: false,
      writesTmp: true,
    })
    expect(outcome.state).toBe('complete')
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) expect(statSync(join(dumpDir, file)).uid).toBe(process.getuid?.())
  })

  test('binary and forged reports change nothing', async () => {
    expect((await runModel(runtime, model('binary.py'))).outcome.state).toBe('complete')
  })

  test.each([
    ['forever.py', { timeLimitSeconds: 6 }, /time limit of 6 s/],
    ['eats.py', {}, /ran out of memory \(limit 8192 MiB/],
    ['raises.py', {}, /ValueError: as planned/],
    ['keras_fit.py', { xlaFlags: '--xla_nonesuch' }, /XLA does not know --xla_nonesuch/],
  ])('%s fails with its reason and leaves no container', async (file, options, reason) => {
    const { outcome } = await runModel(runtime, model(file), options)
    expect(outcome).toMatchObject({
      state: 'failed',
      fault: 'subject',
      reason: expect.stringMatching(reason),
    })
    expect(await containers()).toEqual([])
  })

  test('an abort removes the container', async () => {
    const controller = new AbortController()
    const run = runModel(runtime, model('forever.py'), { signal: controller.signal })
    await setTimeout(3000)
    expect(await containers()).toHaveLength(1)
    controller.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    await setTimeout(500)
    expect(await containers()).toEqual([])
  })

  test('a container ends and is removed when xlab is killed', async () => {
    const xlab = spawn(
      process.execPath,
      [join(import.meta.dirname, '../run-model.ts'), 'docker', model('forever.py')],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    await new Promise(resolve => xlab.stdout.once('data', resolve))
    await setTimeout(3000)
    expect(await containers()).toHaveLength(1)
    xlab.kill('SIGKILL')
    await setTimeout(3000)
    expect(await containers()).toEqual([])
  })

  test('what a crash left is found by its owner and removed', async () => {
    if (found.state === 'none') return
    const image = (await runModel(runtime, 'matmul')).outcome.image ?? ''
    const owner = `${execFileSync('hostname').toString().trim()} 4194303 1`
    const left = await new Docker().createContainer({ Image: image, Labels: { 'xlab.owner': owner } })
    const { Name } = await left.inspect()
    expect(await found.engine.reap()).toEqual([Name.slice(1)])
    expect(await containers()).toEqual([])
  })

  test('an engine over TCP gets the model and sends the dump as archives', async () => {
    const [local] = endpoints()
    const { socketPath } = connection(local ?? { url: '', from: '' }) ?? {}
    if (typeof socketPath !== 'string') return
    const bridge = createServer({ allowHalfOpen: true }, client => {
      const engine = connect({ path: socketPath, allowHalfOpen: true })
      client.pipe(engine).pipe(client)
      client.on('error', () => engine.destroy())
      engine.on('error', () => client.destroy())
    })
    await new Promise<void>(resolve => bridge.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = bridge.address() as { port: number }
      const remote = await findEngine([{ url: `tcp://127.0.0.1:${port}`, from: 'a test' }])
      if (remote.state === 'none') throw new Error(remote.tried.join())
      const far = dockerRuntime(remote.engine, {})
      await far.prepare()
      const { outcome, files } = await runModel(far, model('keras_fit.py'))
      expect(outcome.state).toBe('complete')
      expect(files.some(file => file.endsWith('.ir-no-opt.ll'))).toBe(true)
      expect(await containers()).toEqual([])
    } finally {
      bridge.close()
    }
  })

  test('an image that is not there cannot be pulled, and the error says so', async () => {
    const other = await chooseRuntime('docker', { image: 'localhost:1/no/such:image' })
    await expect(other.prepare()).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/no\/such:image/),
    })
  })
})
