/** The kernels: a table that reads without scripts, and the packed rows with which a script sorts, filters and opens it. */
import { bytes, chosen, percent, ratio, time, timeWords, whisker } from './client/figures.js'
import type { Line, Lines } from './lines.ts'
import { type Html, html, NOTHING, trusted } from './markup.ts'
import { pack, rounded } from './pack.ts'
import type { PackedStories } from './story/pack-stories.ts'

/** Rows that stand in the page itself: those of the slowest kernels. */
const STATIC_ROWS = 400

const COLUMNS = [
  ['name', 'Kernel', ''],
  ['model', 'Model', ''],
  ['op', 'Op', ''],
  ['share', '% of kernel time', 'n'],
  ['xlaNs', 'XLA’s time', 'n'],
  ['xlaBytes', 'XLA’s code, bytes', 'n'],
  ['by', 'Build', ''],
  ['ratio', 'Time ÷ XLA', 'n'],
  ['size', 'Size ÷ XLA', 'n'],
  ['verdict', 'Verdict', ''],
] as const

/** The rows as the page's script reads them (client/data.js). */
export function packedRows({ lines, proposers }: Lines, { chunkOf }: PackedStories): string {
  const verdicts = [...new Set(lines.flatMap(line => line.cells.map(cell => cell.verdict)))].sort()
  const comparisons = [...new Set(lines.flatMap(line => line.cells.flatMap(cell => cell.comparison ?? [])))]
  return pack({
    proposers,
    verdicts,
    comparisons,
    rows: lines.map(line => [
      line.hash.slice(0, 12),
      line.name,
      line.models.join(', '),
      line.op,
      rounded(line.share, 3),
      rounded(line.xlaNs),
      line.xlaBytes,
      chunkOf.get(line.hash) ?? -1,
      line.cells.map(cell => [
        proposers.indexOf(cell.proposer),
        verdicts.indexOf(cell.verdict),
        cell.bytes,
        rounded(cell.size),
        rounded(cell.timeNs),
        rounded(cell.ratio),
        rounded(cell.low),
        rounded(cell.high),
        cell.comparison === null ? -1 : comparisons.indexOf(cell.comparison),
      ]),
    ]),
  })
}

/** The section with its controls, hidden until a script can serve them. */
export function kernelSection({ lines, proposers, host }: Lines, stories: PackedStories): Html {
  // What stands first is what the page begins with.
  const choices = [
    ['fastest', 'fastest that passed'],
    ['smallest', 'smallest that passed'],
  ] as const
  const offered = host === null ? choices.toReversed() : choices
  const left = lines.length - STATIC_ROWS
  const untold = new Set(lines.map(line => line.hash)).size - stories.chunkOf.size
  return html`<section id="kernels" aria-labelledby="kernels-title"><h2 id="kernels-title">Every kernel</h2>
<p>${host === null ? 'Nothing was timed: largest under XLA first.' : 'Slowest under XLA first.'} A kernel that is called with several signatures has a row for each. <b>Build</b> is the one shown of each kernel: the ${host === null ? 'smallest that passed its verification' : 'surely fastest that passed its verification (whose interval ends lowest)'}, unless you choose another.${host === null ? NOTHING : html` Whiskers are 95 % intervals from ¼× to 4×; <span class="inconclusive">grey</span> ones cannot be told from XLA’s.`} Open a kernel for its story.${untold > 0 ? html` The stories of the first ${stories.chunkOf.size} kernels fit on this page; those of the others: <code>./xlab show KERNEL</code>.` : NOTHING}</p>
<form id="controls" hidden>
<label>Model <select id="filter-model"><option value="">all</option></select></label>
<label>Op <select id="filter-op"><option value="">all</option></select></label>
<label>Verdict <select id="filter-verdict"><option value="">any</option></select></label>
<label>Build <select id="filter-choice">${offered.map(([value, says]) => html`<option value="${value}">${says}</option>`)}${proposers.map(name => html`<option>${name}</option>`)}</select></label>
<label>Text <input id="filter-text" type="search" placeholder="name, hash, op …" autocomplete="off"></label>
</form>
<p id="kernel-count" role="status">${lines.length} kernels${left > 0 ? html`; the first ${STATIC_ROWS} are listed here, all with scripts on and in <code>./xlab query results</code>` : NOTHING}.</p>
<div class="scroll" tabindex="0" role="group" aria-label="kernels">
<table id="kernel-table"><thead><tr>${COLUMNS.map(([key, title, kind]) => html`<th scope="col" class="${kind}"><button type="button" data-key="${key}">${title}</button></th>`)}</tr></thead>
<tbody id="kernel-rows">${lines.slice(0, STATIC_ROWS).map(line => row(line, offered[0]?.[0] ?? ''))}</tbody></table></div>
<nav id="pager" aria-label="pages of kernels" hidden><button type="button" id="previous">← previous</button> <button type="button" id="next">next →</button></nav></section>`
}

function row(line: Line, choice: string): Html {
  const cell = chosen(line.cells, choice)
  return html`<tr><th scope="row"><span class="name">${line.name}</span> <code>${line.hash.slice(0, 12)}</code></th><td>${line.models.join(', ')}</td><td>${line.op}</td><td class="n">${percent(line.share)}</td><td class="n">${time(line.xlaNs)}</td><td class="n">${bytes(line.xlaBytes)}</td><td class="from">${cell?.proposer ?? '–'}</td><td class="n time">${drawing(whisker(cell))} ${timeWords(cell)}</td><td class="n">${ratio(cell?.size)}</td><td>${cell ? html`<span class="badge ${cell.verdict.replace(' ', '-')}">${cell.verdict}</span>` : '–'}</td></tr>`
}

/** As whiskerSvg of client/dom.js draws it. */
const drawing = (place: ReturnType<typeof whisker>): Html =>
  place
    ? trusted(
        `<svg class="whisker ${place.state}" width="${place.width}" height="12" aria-hidden="true"><path d="M${place.width / 2} 0V12" class="one"/><path d="M${place.low.toFixed(1)} 6H${place.high.toFixed(1)}" class="interval"/><circle cx="${place.middle.toFixed(1)}" cy="6" r="2.5"/></svg>`,
      )
    : NOTHING
