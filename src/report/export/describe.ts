/** docs/dataset.md, from the columns' declaration. Run as a program it writes the page. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../config/paths.ts'
import { GROUPS, MODULE_COLUMNS } from './columns.ts'

export const DATASET_PAGE = join(ROOT, 'docs/dataset.md')

/** How each tool opens it; a test runs the first two. */
const RECIPES = [
  ['pandas', 'python', ['import pandas', "rows = pandas.read_json('dataset.jsonl', lines=True)"]],
  [
    'pandas, from CSV (lists and objects are JSON text there)',
    'python',
    ['import pandas', "rows = pandas.read_csv('dataset.csv')"],
  ],
  [
    'duckdb',
    'sql',
    ["SELECT split, count(*) AS rows, count(DISTINCT hash) AS kernels FROM 'dataset.jsonl' GROUP BY split;"],
  ],
] as const

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/** docs/dataset.md. */
export const datasetMarkdown = (): string =>
  [
    '# The dataset',
    '',
    '`xlab export -o dataset.jsonl` (or `.csv`) writes a row for each kernel and build; a kernel without builds has one',
    'row. `dataset.modules.jsonl` beside it holds the whole HLO of every module once; `hlo_module` is the key of both.',
    '',
    '- **Splits** go by `family`, a hash of the kernel with its constants and shapes left out: relatives are in one',
    '  split, and a kernel never changes its split when others are added. Kernels of two families may still come out as',
    '  the same machine code (`content` tells).',
    '- **Ratios** are to XLA’s own object; below 1 is smaller or faster. `time_ratio` of a build that was chosen by its',
    '  time flatters it: `confirmations` holds the figure of a campaign that chose nothing.',
    '- **Failures** are rows too: `build_state` broken, `verdict` refuted, with the reason.',
    '- **Paths** (`models`, `source_file`) stand as harvested: look at them before you publish your own models’ kernels.',
    '',
    ...RECIPES.flatMap(([title, language, lines]) => [
      `${title}:`,
      '',
      `\`\`\`${language}`,
      ...lines,
      '```',
      '',
    ]),
    'This page is generated from `src/report/export/columns.ts` by `npm run schema`.',
    '',
    ...GROUPS.flatMap(({ title, columns }) => [
      `## ${title}`,
      '',
      '| column | type | meaning |',
      '|---|---|---|',
      ...columns.map(({ name, type, about }) => `| ${name} | ${type} | ${cell(about)} |`),
      '',
    ]),
    '## The file of modules',
    '',
    '| column | meaning |',
    '|---|---|',
    ...Object.entries(MODULE_COLUMNS).map(([name, about]) => `| ${name} | ${cell(about)} |`),
    '',
  ].join('\n')

if (import.meta.main) writeFileSync(DATASET_PAGE, datasetMarkdown())
