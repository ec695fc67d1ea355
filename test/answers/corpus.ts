/** For tests: the committed corpus of bad answers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerCase } from './answer.ts'

export const CORPUS = join(import.meta.dirname, '../fixtures/answers')

export const corpus = (): AnswerCase[] =>
  readdirSync(CORPUS)
    .filter(file => file.endsWith('.jsonl'))
    .flatMap(file => readFileSync(join(CORPUS, file), 'utf8').trimEnd().split('\n'))
    .map(line => JSON.parse(line) as AnswerCase)
