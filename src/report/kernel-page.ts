/** One kernel as text for a person: what `xlab show` prints. */
import type { Signature } from '../kernel/signature.ts'
import type { Counterexample } from '../kernel/verdict.ts'
import type { BuildDossier, Dossier } from '../store/kernels/dossier.ts'
import { formatRows, type Row } from './format.ts'
import { paint, paintCell, paintCode } from './terminal/colour.ts'
import { oneLine } from './text-width.ts'

const IR_LINES = 30

/** The page. `ir` is the kernel's IR as harvested; its head is shown. `width` is a terminal's, to cut tables and use its colours. */
export function kernelPage(kernel: Dossier, ir: string, width?: number): string {
  const short = kernel.hash.slice(0, 12)
  const section = (title: string, body: string): string =>
    `\n${width === undefined ? title : paint('bold', title)}\n${indent(body)}`
  return [
    `${oneLine(kernel.name)}  ${kernel.hash}\n`,
    `${kernel.abi}; ${kernel.lines} lines, ${kernel.functions} functions, ${kernel.irInstructions} instructions; read by LLVM ${kernel.reader}\n`,
    section('Seen in', origins(kernel, width)),
    ...kernel.signatures.map(signature =>
      section(`Signature ${signature.hash.slice(0, 12)}`, signatureText(signature, width)),
    ),
    section('IR as harvested', irHead(ir, short, width)),
    section('Builds', buildTable(kernel, width)),
    ...(kernel.builds.some(wrong)
      ? [section('Why not', kernel.builds.filter(wrong).map(whyNot).join(''))]
      : []),
    section(
      `Commands (IN: xlab show ${short} --emit ll, or XLA's optimised IR for xla-ir)`,
      commandLines(kernel.builds),
    ),
  ].join('')
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')

const table = (rows: readonly Row[], columns: readonly string[], width?: number): string => {
  const digits: Readonly<Record<string, number>> = { size_ratio: 3, ratio: 3, time_ns: 1 }
  const named = columns.map(name => ({ name, ...(digits[name] !== undefined && { digits: digits[name] }) }))
  return formatRows(
    rows,
    named,
    'table',
    width === undefined ? {} : { width: width - 2, decorate: paintCell },
  )
}

function origins({ origins: seen }: Dossier, width?: number): string {
  const rows = seen.slice(0, 10).map(origin => ({
    ...origin,
    op: [origin.opType, origin.opName].filter(part => part !== null).join(' '),
    source: origin.sourceFile === null ? '' : `${origin.sourceFile}:${origin.sourceLine ?? '?'}`,
    note: origin.unrunnable === null ? '' : `cannot be run: ${origin.unrunnable}`,
  }))
  const columns = [
    'model',
    'program',
    'module',
    'name',
    'instruction',
    'opcode',
    'op',
    'source',
    'calls',
    'note',
  ]
  const used = columns.filter(name =>
    rows.some(row => ![null, ''].includes(row[name as keyof typeof row] as null)),
  )
  const more = seen.length > rows.length ? `and in ${seen.length - rows.length} more places\n` : ''
  return table(rows, used, width) + more
}

function signatureText({ arguments: all, workgroups, flushDenormals }: Signature, width?: number): string {
  const rows = all.map(({ shape, dtype, ...argument }, i) => ({
    '#': i,
    ...argument,
    type: `${dtype}[${shape.join(',')}]`,
    shared: all.some((other, j) => j !== i && other.slot === argument.slot) ? `slot ${argument.slot}` : '',
  }))
  const columns = [
    '#',
    'role',
    'type',
    'bytes',
    'name',
    ...(rows.some(row => row.shared !== '') ? ['shared'] : []),
  ]
  return `${table(rows, columns, width)}workgroups ${workgroups.join(' × ')}${flushDenormals ? '; denormals are flushed' : ''}\n`
}

function irHead(ir: string, short: string, width?: number): string {
  const lines = ir.trimEnd().split('\n')
  const head = lines
    .slice(0, IR_LINES)
    .map(line => `${width === undefined ? oneLine(line) : paintCode(oneLine(line))}\n`)
  const rest = lines.length - head.length
  return head.join('') + (rest > 0 ? `… ${rest} more lines: xlab show ${short} --emit ll\n` : '')
}

const proposersOf = (build: BuildDossier): string => build.proposers.map(oneLine).join(', ')

function buildTable({ builds }: Dossier, width?: number): string {
  if (builds.length === 0) return "none yet: run 'xlab optimise'\n"
  const rows = builds.flatMap((build): Row[] => {
    const twin = builds.find(other => build.contentHash !== null && other.contentHash === build.contentHash)
    const signatures = new Set([...build.verdicts, ...build.times].map(({ signature }) => signature))
    return [...(signatures.size > 0 ? signatures : [''])].map(signature => {
      const verdict = build.verdicts.find(v => v.signature === signature)
      const time = build.times.find(t => t.signature === signature)
      const interval =
        time?.ratioLow != null && time.ratioHigh != null && time.ratioLow < time.ratioHigh
          ? `${time.ratioLow.toFixed(3)}–${time.ratioHigh.toFixed(3)}`
          : ''
      return {
        proposer: proposersOf(build),
        verdict: build.state === 'ok' ? (verdict?.state ?? 'not judged') : build.state,
        code_bytes: build.codeBytes,
        rodata_bytes: build.rodataBytes,
        object_bytes: build.objectBytes,
        instructions: build.instructions,
        size_ratio: build.sizeRatio,
        time_ns: time?.timeNs,
        ratio: time?.ratio,
        interval,
        comparison: build.proposers.includes('xla') && twin === build ? '' : time?.comparison,
        twin: twin && twin !== build ? proposersOf(twin) : '',
        build: build.hash,
        target: build.target,
      }
    })
  })
  const columns = [
    ...[
      'proposer',
      'verdict',
      'code_bytes',
      'size_ratio',
      'time_ns',
      'ratio',
      'interval',
      'comparison',
      'twin',
    ],
    ...['rodata_bytes', 'object_bytes', 'instructions', 'target', 'build'],
  ]
  return table(rows, columns, width)
}

const FAULTY = new Set(['refuted', 'broken', 'unknown', 'undecided'])
const wrong = (build: BuildDossier): boolean =>
  build.state !== 'ok' || build.verdicts.some(({ state }) => FAULTY.has(state))

function whyNot(build: BuildDossier): string {
  const lines = build.verdicts
    .filter(({ state }) => FAULTY.has(state))
    .map(({ state, reason, counterexample }) =>
      [state, reason, counterexample && firstDifference(counterexample)]
        .filter(part => part != null)
        .join(': '),
    )
  if (build.state !== 'ok') lines.push(`does not build: ${build.reason ?? ''}`)
  return `${proposersOf(build)}\n${lines.map(line => `  ${oneLine(line)}\n`).join('')}`
}

/** The first element that differs, in words. */
export function firstDifference(example: Counterexample): string {
  const { argument, element, expected, actual, lowest, highest, differing, trial, inputs, seed, values } =
    example
  const allowed = lowest !== undefined && highest !== undefined ? ` (allowed: ${lowest} to ${highest})` : ''
  const given = values ? `for (${values.join(', ')})` : `in trial ${trial} (${inputs}, seed ${seed})`
  const more = differing > 1 ? `; ${differing} elements differ` : ''
  return `argument ${argument}, element ${element} is ${actual} instead of ${expected}${allowed} ${given}${more}`
}

/** Features of a processor fill ten lines of a terminal: said once, as a variable of the shell, where commands share them. */
function commandLines(builds: readonly BuildDossier[]): string {
  const all = builds.flatMap(build => build.commands)
  const longest = all.flatMap(line => / -mattr=(\S+)/.exec(line)?.[1] ?? []).find(({ length }) => length > 80)
  const own = (line: string): string =>
    longest === undefined ? line : line.replace(` -mattr=${longest} `, ' -mattr="$MATTR" ')
  const lines = ({ commands }: BuildDossier): readonly string[] =>
    commands.length > 0 ? commands.map(own) : ["XLA's own object, as harvested"]
  return [
    ...(longest === undefined ? [] : [`MATTR='${oneLine(longest)}'`]),
    ...builds.flatMap(build => [proposersOf(build), ...lines(build).map(line => `  ${oneLine(line)}`)]),
    '',
  ].join('\n')
}
