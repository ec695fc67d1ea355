/** `npm run perf -- NAME [PART…]…`: programs that measure xlab itself and compare with the targets it promises. */
interface PerfProgram {
  /** Prints its figures; true if all targets are met. `parts`: what was typed behind its name. */
  run(parts: readonly string[]): Promise<boolean>
}

/** To add one: a file in this folder and an entry here. */
const PROGRAMS: Readonly<Record<string, () => Promise<PerfProgram>>> = {
  context: () => import('./context.ts'),
  engine: () => import('./engine.ts'),
  ingest: () => import('./ingest.ts'),
  bench: () => import('./measuring/bench.ts'),
  aa: () => import('./measuring/aa.ts'),
  planted: () => import('./measuring/planted.ts'),
  agree: () => import('./measuring/agree.ts'),
  stopping: () => import('./measuring/stopping.ts'),
  ssh: () => import('./measuring/ssh.ts'),
  report: () => import('./report.ts'),
}

const words = process.argv.slice(2)
if (words[0] !== undefined && !Object.hasOwn(PROGRAMS, words[0])) {
  console.error(`unknown program '${words[0]}'; known: ${Object.keys(PROGRAMS).join(', ')}`)
  process.exit(2)
}
const asked = new Map<string, string[]>(words.length > 0 ? [] : Object.keys(PROGRAMS).map(name => [name, []]))
let last: string[] = []
for (const word of words) {
  if (Object.hasOwn(PROGRAMS, word)) {
    last = []
    asked.set(word, last)
  } else last.push(word)
}
let met = true
for (const [name, parts] of asked) {
  console.log(`\n${name}`)
  const program = await PROGRAMS[name]?.()
  if ((await program?.run(parts)) === false) met = false
}
process.exit(met ? 0 : 1)
