/** `node test/answers/make-corpus.ts`: writes the corpus of bad answers anew, one file a kernel, one answer a line. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerCase } from './answer.ts'
import { CORPUS } from './corpus.ts'
import { hostileCases } from './hostile.ts'
import { loopMistakes } from './mistakes.ts'
import { compareCases, scalarCases } from './others.ts'
import { foreignCases, formCases } from './shapes.ts'
import { type Subject, type SubjectName, subjects } from './subjects.ts'
import { innerText } from './text.ts'
import { loopWrongs } from './wrong.ts'

type Case = Omit<AnswerCase, 'subject'>

/** Takes as long as the judge's patience; once is enough. */
const SLOW = 'a loop for ever'

const FAMILIES: Readonly<Record<SubjectName, (subject: Subject, inner: string) => Case[]>> = {
  exponential: (subject, inner) => [
    ...formCases(subject),
    ...foreignCases(subject),
    ...loopMistakes(inner, 'v26'),
    ...loopWrongs(inner, 'v26'),
  ],
  inplace: (_, inner) => hostileCases(inner, 'f0'),
  reduce: (_, inner) => loopWrongs(inner, 'v21').filter(({ id }) => id !== SLOW),
  onehot: (_, inner) => loopWrongs(inner, 'v37').filter(({ id }) => id !== SLOW),
  compare: (subject, inner) => [...formCases(subject), ...compareCases(inner)],
  scalar: (_, inner) => scalarCases(inner),
}

/** Answers that are right, or wrong in a way no code can tell. */
const PASSING: Readonly<Record<string, string>> = {
  'one instruction that means nothing': 'its result is never used',
  'state in stack that was left': 'what is read was never written, and goes nowhere',
  'the other way round': 'b > a is a < b',
  'blocks in one': 'the branch led to the next line',
  'a shift': '2 x is x << 1',
  'a sum': '2 x is x + x',
}

mkdirSync(CORPUS, { recursive: true })
let count = 0
for (const subject of subjects()) {
  const cases = FAMILIES[subject.name](subject, innerText(subject))
  count += cases.length
  const lines = cases.map(one => {
    const because = one.expected === 'passes' ? { because: PASSING[one.id] } : {}
    return `${JSON.stringify({ ...one, ...because, subject: subject.name })}\n`
  })
  writeFileSync(join(CORPUS, `${subject.name}.jsonl`), lines.join(''))
}
console.log(`${count} answers`)
