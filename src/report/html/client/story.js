/** One kernel's story: from its Python line to its code, with every build, verdict, measurement and answer. */
import { sideBySide } from './code.js'
import { unpacked } from './data.js'
import { el } from './dom.js'
import { bytes, chosen, ratio, time, timeWords } from './figures.js'
import { strips } from './strips.js'

/** @typedef {import('./data.js').Line} Line */
/** @typedef {any} Story The shape is Story of story/story.ts. */

/** @param {Line} line @param {string} choice @returns {Promise<HTMLElement>} */
export async function openStory(line, choice) {
  if (line.chunk < 0)
    return el(
      'p',
      {},
      'This kernel’s story did not fit on the page, which carries those of the slowest. It is in the database: ',
      el('code', {}, `./xlab show ${line.hash}`),
    )
  /** @type {Story[]} */
  const stories = await unpacked(`stories-${line.chunk}`)
  const story = stories.find(one => one.hash.startsWith(line.hash))
  if (!story) throw new Error('it is not where it should be')
  return el(
    'div',
    { class: 'inside' },
    part('Where it comes from', origin(story)),
    part('Builds', builds(story)),
    part('Code, side by side', code(story, chosen(line.cells, choice)?.proposer)),
    story.asked.length > 0 && part('What language models said', asked(story)),
    story.hints.length > 0 && part('Hints', hints(story)),
    part('Commands', commands(story)),
  )
}

/** @param {string} title @param {...Node} content */
const part = (title, ...content) => el('section', {}, el('h4', {}, title), ...content)

/** @param {Story} story */
function origin(story) {
  const steps = story.origins.map((/** @type {Record<string, string>} */ from) =>
    el(
      'li',
      {},
      el('b', {}, `${from.model}${from.program ? `, ${from.program}` : ''}`),
      ` (${from.producer}), called ${from.calls}× a step`,
      el(
        'ol',
        { class: 'chain' },
        el('li', {}, 'Python ', from.source ? el('code', {}, from.source) : 'line not recorded'),
        from.op !== '' && el('li', {}, 'TensorFlow op ', el('code', {}, from.op)),
        el('li', {}, 'HLO ', from.instruction ? el('code', {}, from.instruction) : 'not recorded'),
        el('li', {}, 'LLVM IR, then code: below'),
      ),
      from.note !== '' && el('p', { class: 'note' }, from.note),
    ),
  )
  return el(
    'div',
    {},
    el('p', { class: 'note' }, el('code', {}, story.hash), ' · ', story.about),
    el('ul', { class: 'plain' }, ...steps),
    story.hlo !== undefined && fold('HLO as XLA optimised it', pre(story.texts[story.hlo])),
    ...story.signatures.map((/** @type {{ hash: string, text: string }} */ signature) =>
      fold(`Signature ${signature.hash}`, pre(signature.text)),
    ),
  )
}

/** @param {string} title @param {...Node} content */
const fold = (title, ...content) => el('details', {}, el('summary', {}, title), ...content)

/** @param {string} text */
const pre = text => el('pre', { tabindex: 0 }, text)

/** @param {Story} story */
function builds(story) {
  const rows = story.builds.map((/** @type {any} */ build) => {
    const [verdict] = build.verdicts
    const [timed] = build.times
    const state = build.state === 'ok' ? (verdict?.state ?? 'not judged') : 'broken'
    return el(
      'tr',
      {},
      el(
        'th',
        { scope: 'row', class: 'by' },
        build.by,
        build.twin ? el('small', {}, ` twin of ${build.twin}`) : null,
      ),
      el('td', {}, el('span', { class: `badge ${state.replace(' ', '-')}` }, state)),
      el('td', { class: 'n' }, bytes(build.bytes)),
      el('td', { class: 'n' }, ratio(build.size)),
      el('td', { class: 'n' }, bytes(build.instructions)),
      el('td', { class: 'n' }, time(timed?.ns)),
      el('td', { class: `n ${timed?.comparison ?? ''}` }, interval(timed)),
      el('td', {}, build.target),
      el(
        'td',
        { class: 'why' },
        [build.reason, ...build.readings, ...build.verdicts.map((/** @type {any} */ v) => v.text)]
          .filter(Boolean)
          .join(' · '),
      ),
    )
  })
  const heads = [
    'build',
    'verdict',
    'code, bytes',
    'size ÷ XLA',
    'instructions',
    'time',
    'time ÷ XLA (95 %)',
    'target',
    'evidence',
  ]
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'builds' },
      el(
        'table',
        { class: 'builds' },
        el('thead', {}, el('tr', {}, ...heads.map(head => el('th', { scope: 'col' }, head)))),
        el('tbody', {}, ...rows),
      ),
    ),
    strips(story.builds),
  )
}

/** @param {any} timed */
function interval(timed) {
  if (!timed || timed.ratio === null) return '–'
  const words = timeWords(timed)
  return timed.low < timed.high
    ? `${words} (${timed.low.toFixed(2)}–${timed.high.toFixed(2)}) ${timed.comparison ?? ''}`
    : words
}

/** @param {Story} story @param {string | undefined} by */
function code(story, by) {
  /** @type {{ label: string, text: string, isIr: boolean }[]} */
  const texts = [{ label: 'IR as XLA emitted it', text: story.texts[story.ir], isIr: true }]
  for (const kind of ['asm', 'ir'])
    for (const build of story.builds)
      if (build[kind] !== undefined)
        texts.push({
          label: `${kind === 'ir' ? 'IR' : 'assembly'} by ${build.by}`,
          text: story.texts[build[kind]],
          isIr: false,
        })
  const find = (/** @type {string} */ label) =>
    Math.max(
      0,
      texts.findIndex(text => text.label.startsWith(label)),
    )
  const select = (/** @type {string} */ name, /** @type {number} */ first) =>
    el(
      'select',
      { 'aria-label': `${name} text`, input: () => show() },
      ...texts.map(({ label }, i) => el('option', { value: i, selected: i === first }, label)),
    )
  const other = texts.findIndex(
    ({ label }) => label.startsWith('assembly') && !label.startsWith('assembly by xla'),
  )
  const mine =
    by === undefined || by === 'xla'
      ? -1
      : texts.findIndex(({ label }) => label.startsWith('assembly') && label.includes(by))
  const left = select('left', find('assembly by xla'))
  const right = select('right', mine >= 0 ? mine : Math.max(other, 0))
  const out = el('div')
  const notes = new Map(
    story.hints.map((/** @type {any} */ hint) => [
      hint.last ?? hint.first ?? 0,
      `▲ ${hint.kind}: ${hint.why} (${hint.try}: ${hint.state})`,
    ]),
  )
  const show = () => {
    const [a, b] = [texts[Number(left.value)], texts[Number(right.value)]]
    if (a && b) out.replaceChildren(sideBySide(a.text, b.text, a.isIr ? notes : new Map()))
  }
  show()
  return el('div', {}, el('div', { class: 'choose' }, left, ' beside ', right), out)
}

/** @param {Story} story */
function asked(story) {
  return el(
    'div',
    {},
    ...story.asked.map((/** @type {any} */ one) =>
      fold(
        `${one.outcome}: ${one.who}`,
        el('p', { class: 'note' }, one.why),
        el('h5', {}, 'Prompt'),
        pre(story.texts[one.prompt]),
        el('h5', {}, 'Reply'),
        one.reply === undefined ? el('p', {}, 'None came.') : pre(story.texts[one.reply]),
      ),
    ),
  )
}

/** @param {Story} story */
function hints(story) {
  return el(
    'ul',
    { class: 'hints' },
    ...story.hints.map((/** @type {any} */ hint) =>
      el(
        'li',
        {},
        el('span', { class: `badge ${hint.state}` }, hint.state),
        ` ${hint.function}${hint.first === null ? '' : `, lines ${hint.first}–${hint.last}`}: ${hint.kind}. ${hint.why} `,
        el('code', {}, hint.try),
        hint.size === null ? '' : ` size ${ratio(hint.size)}`,
        hint.time === null ? '' : ` time ${ratio(hint.time)}`,
        ` (${hint.who})`,
      ),
    ),
  )
}

/** @param {Story} story */
function commands(story) {
  const lines = story.builds.flatMap((/** @type {any} */ build) => [
    `# ${build.by}`,
    ...(build.commands.length > 0 ? build.commands : ['# XLA’s own object, as harvested']),
  ])
  const first = [
    `./xlab show ${story.hash.slice(0, 12)} --emit ll -o IN    # the kernel as XLA emitted it`,
    `./xlab show ${story.hash.slice(0, 12)}`,
  ]
  return pre([...first, '', ...lines].join('\n'))
}
