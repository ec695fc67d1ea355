/** The report as one self-contained HTML page: nothing is fetched, nothing from the database is markup. */
import type { Toolchain } from '../../llvm/toolchain.ts'
import { progress } from '../../log.ts'
import type { Store } from '../../store/open.ts'
import { answer } from '../answer.ts'
import { namedQuery } from '../queries.ts'
import { summarise } from '../summary.ts'
import { clientScript, clientStyle } from './bundle.ts'
import { headline } from './headline.ts'
import { kernelSection, packedRows } from './kernel-section.ts'
import { readLines } from './lines.ts'
import { type Html, html, trusted } from './markup.ts'
import { cspHash } from './pack.ts'
import { figures } from './plots/figures.ts'
import { answers, gaps, HOW_TO_READ, means, modules, section, setting } from './sections.ts'
import { packStories } from './story/pack-stories.ts'
import { trust } from './trust.ts'

export interface PageOptions {
  readonly date: Date
  /** Disassembles objects; without it the stories have no assembly, and say so. */
  readonly toolchain: Toolchain | undefined
  readonly signal?: AbortSignal
  /** Sections of other databases to compare with. */
  readonly compared?: readonly Html[]
}

/** The page is to stay below 5 MB. */
const MOST_BYTES = 4_900_000

/** Makes the page. */
export async function htmlReport(store: Store, options: PageOptions): Promise<string> {
  const lines = readLines(store)
  const summary = summarise(store)
  const best = namedQuery('best').rows(store)
  const said = answer(store, summary, best)
  const { tiles, sentences } = headline(store, lines, summary, best)
  const style = clientStyle()
  const script = clientScript()
  const drawn = figures(store, lines, summary)
  const around = [...drawn, ...(options.compared ?? [])].reduce((sum, part) => sum + part.markup.length, 0)
  const none = { chunks: [], chunkOf: new Map<string, number>() }
  const fixed =
    around +
    style.length +
    script.length +
    packedRows(lines, none).length +
    kernelSection(lines, none).markup.length +
    200_000
  const kernels = [...new Set(lines.lines.map(line => line.hash))]
  const bar = progress('reading kernels', kernels.length)
  const stories = await packStories(store, kernels, {
    bytes: MOST_BYTES - fixed,
    toolchain: options.toolchain,
    progress: bar,
    ...(options.signal && { signal: options.signal }),
  })
  bar.done()
  const policy = `default-src 'none'; script-src ${cspHash(script)}; style-src ${cspHash(style)}; base-uri 'none'; form-action 'none'`
  const title = 'XLA’s kernels, compiled otherwise'
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="xlab">
<title>${title}</title>
<style>${trusted(style)}</style></head>
<body><a class="skip" href="#kernels">Skip to the kernels</a>
<header><h1>${title}</h1><button type="button" id="theme" hidden>Theme</button>
<p>Made ${options.date.toISOString().slice(0, 16).replace('T', ' ')} UTC${lines.host === null ? '; nothing timed' : html`; times from host <b>${lines.host}</b>`}</p></header>
<main>
<p class="lead">${said.question}</p>
<ul class="tiles">${tiles.map(({ figure, says }) => html`<li><b>${figure}</b><span>${says}</span></li>`)}</ul>
<ul class="answers">${sentences.map(sentence => html`<li>${sentence}</li>`)}</ul>
${trust(store).map(sentence => html`<p class="aside">${sentence}</p>`)}
${answers(said)}
${section('means', 'Over all kernels', means(summary), HOW_TO_READ)}
${section('figures', 'In pictures', html`<div class="figures">${drawn}</div>`)}
${options.compared ?? []}
${kernelSection(lines, stories)}
${section('modules', 'Whole modules', modules(store))}
${section('gaps', 'What failed, and what was not measured', gaps(store))}
${section('setting', 'Setting', setting(store, options.date))}
</main>
<footer>Made by xlab. Figures are computed from the raw samples in the database; this page holds no links to anywhere.</footer>
<script type="application/octet-stream" id="table-data">${trusted(packedRows(lines, stories))}</script>
${stories.chunks.map((chunk, i) => html`<script type="application/octet-stream" id="stories-${i}">${trusted(chunk)}</script>\n`)}<script>${trusted(script)}</script>
</body></html>
`.markup
}
