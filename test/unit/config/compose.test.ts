import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readService } from '../../../src/config/compose.ts'
import { MODELS_DIR, RESULTS_DIR } from '../../../src/config/paths.ts'

test('the harvest service is locked down, limited, and dumps into results/dumps', () => {
  const service = readService('harvest')
  expect(service).toMatchObject({
    networkMode: 'none',
    readOnlyRoot: true,
    capDrop: ['ALL'],
    securityOptions: ['no-new-privileges:true'],
    memoryBytes: 8 * 2 ** 30,
    entrypoint: ['python3', '/models/harvest.py'],
    build: { context: MODELS_DIR },
    mounts: [
      { source: MODELS_DIR, target: '/models', readOnly: true },
      { source: join(RESULTS_DIR, 'dumps'), target: '/dumps', readOnly: false },
    ],
  })
  expect(service.environment.XLA_FLAGS).toBe('--xla_dump_to=/dumps --xla_dump_hlo_as_text')
})

const written = (text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'xlab-test-')), 'compose.yaml')
  writeFileSync(file, text)
  return file
}

test.each([
  ['services: {}', /services\.harvest\./],
  [
    'services: {harvest: {image: x, build: {context: ., dockerfile: D}}}',
    /entrypoint is missing or not a list/,
  ],
  [
    'services: {harvest: {image: x, build: {context: ., dockerfile: D}, entrypoint: [a], volumes: [here], network_mode: none, mem_limit: 1g, pids_limit: 1}}',
    /volumes: 'here' is not SOURCE/,
  ],
  [
    'services: {harvest: {image: x, build: {context: ., dockerfile: D}, entrypoint: [a], network_mode: none, mem_limit: lots, pids_limit: 1}}',
    /mem_limit: 'lots' is not a size/,
  ],
])('a service that cannot be used says what is wrong', (text, message) => {
  expect(() => readService('harvest', written(text))).toThrow(message)
})
