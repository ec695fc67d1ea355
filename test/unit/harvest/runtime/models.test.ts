import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listModels, resolveModel } from '../../../../src/harvest/runtime/models.ts'

test('the zoo is listed with a line about each', () => {
  const models = listModels()
  expect(models.map(({ name }) => name)).toEqual(['cnn', 'gru', 'handpose', 'matmul', 'mlp', 'transformer'])
  for (const { summary } of models) expect(summary).toMatch(/^\S.*\.$/)
})

test('a name is a zoo model, a path is what lies there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-test-'))
  const at = (name: string) => join(folder, name)
  writeFileSync(at('mine.py'), '')
  writeFileSync(at('mine.keras'), '')
  mkdirSync(at('saved'))
  writeFileSync(join(at('saved'), 'saved_model.pb'), '')
  mkdirSync(at('empty'))
  expect(await resolveModel('cnn')).toMatchObject({ name: 'cnn', kind: 'zoo' })
  expect(await resolveModel(at('mine.py'))).toEqual({
    name: at('mine.py'),
    kind: 'script',
    path: at('mine.py'),
  })
  expect(await resolveModel(at('mine.keras'))).toMatchObject({ kind: 'keras' })
  expect(await resolveModel(at('saved'))).toMatchObject({ kind: 'saved-model' })
  await expect(resolveModel(at('empty'))).rejects.toThrow('is not a model')
  await expect(resolveModel(at('none.py'))).rejects.toThrow(`no such model: ${at('none.py')}`)
  await expect(resolveModel('transfomer')).rejects.toMatchObject({ hint: 'did you mean transformer?' })
})
