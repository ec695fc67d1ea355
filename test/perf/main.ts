/** `npm run perf -- NAME…`: programs that measure xlab itself and compare with the targets it promises. */
interface PerfProgram {
  /** Prints its figures; true if all targets are met. */
  run(): Promise<boolean>
}

/** To add one: a file in this folder and an entry here. */
const PROGRAMS: Readonly<Record<string, () => Promise<PerfProgram>>> = {
  ingest: () => import('./ingest.ts'),
}

const names = process.argv.slice(2)
const unknown = names.find(name => !Object.hasOwn(PROGRAMS, name))
if (unknown !== undefined) {
  console.error(`unknown program '${unknown}'; known: ${Object.keys(PROGRAMS).join(', ')}`)
  process.exit(2)
}
let met = true
for (const name of names.length > 0 ? names : Object.keys(PROGRAMS)) {
  console.log(`\n${name}`)
  const program = await PROGRAMS[name]?.()
  if ((await program?.run()) === false) met = false
}
process.exit(met ? 0 : 1)
