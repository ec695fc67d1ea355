/** Finds the answer in a reply: models wrap it in tags, fences and chatter. Nothing here judges it. */
import type { Answer } from './dialect.ts'

const found = (text: string): Answer => ({ state: 'found', text })
const none = (why: string): Answer => ({ state: 'none', why })

/** Names a pass list may begin with when it stands alone; LLVM's parser decides on the rest. */
const LIST = /(?:module|cgscc|function|default|thinlto-pre-link|thinlto|lto-pre-link|lto)[(<]/
/** A line of module-level IR. */
const IR_LINE =
  /^(?:; ModuleID|source_filename|target (?:triple|datalayout)|define |declare |attributes #|@[\w.$"-]+ = |[%$][\w.$"-]+ = (?:type|comdat)|![\w.]+ = )/m

/**
 * A pass list: the first `opt -p '…'` (or `-passes=…`), else the first balanced `module(…)`, else a reply that is one
 * bare list, as a grammar makes them.
 */
export function passListIn(reply: string): Answer {
  const text = said(reply)
  const option = /-{1,2}p(?:asses)?[= ]\s*(?:'([^']+)'|"([^"]+)"|`([^`]+)`|([\w(<][^\s'"`]*))/.exec(text)
  const named = option?.slice(1).find(group => group !== undefined)
  if (named !== undefined) return found(named.trim())
  const start = LIST.exec(text)?.index
  if (start !== undefined) {
    const list = balancedFrom(text, start)
    return list === undefined ? none('its pass list is cut off') : found(list)
  }
  const [line = ''] = unfenced(text).trim().split('\n')
  if (/^[a-z][\w-]*(?:[(<,][\w\s(<>)=;:,.-]*)?$/.test(line.trim()) && !line.trim().includes(' '))
    return found(line.trim())
  return none(text.trim() === '' ? 'an empty answer' : 'no pass list in it')
}

/** IR: in `<code>`, else in the first fence that holds some, else from its first line to its last brace. */
export function irIn(reply: string): Answer {
  const text = said(reply)
  const tagged = /<code>([\s\S]*?)(?:<\/code>|$)/i.exec(text)?.[1]
  const fences = [...text.matchAll(/```[\w+-]*[ \t]*\n([\s\S]*?)(?:```|$)/g)].map(match => match[1] ?? '')
  const inner = [tagged, ...fences].find(part => part !== undefined && IR_LINE.test(part)) ?? text
  const start = IR_LINE.exec(inner)?.index
  if (start === undefined) return none(text.trim() === '' ? 'an empty answer' : 'no LLVM IR in it')
  const ir = inner.slice(start)
  // What follows the last line of IR is chatter.
  const lines = ir.split('\n')
  const last = lines.findLastIndex(line => line.startsWith('}') || IR_LINE.test(line))
  const whole = ir.includes('}') && inner === text ? lines.slice(0, last + 1).join('\n') : ir.trimEnd()
  return found(`${whole}\n`)
}

/** Hints: every JSON object of the reply, as one JSON array. */
export function objectsIn(reply: string): Answer {
  const text = said(reply)
  const objects: unknown[] = []
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at)) {
    const end = objectEnd(text, at)
    const object = end === undefined ? undefined : parse(text.slice(at, end))
    if (object !== undefined) objects.push(object)
    at = object !== undefined && end !== undefined ? end : at + 1
  }
  return objects.length > 0 ? found(JSON.stringify(objects)) : none('no hint in it')
}

/** Without what a model said to itself. */
const said = (reply: string): string =>
  reply.replace(/<think>[\s\S]*?(?:<\/think>|$)/g, '').replaceAll('\0', '')

const unfenced = (text: string): string => text.replace(/^\s*```[\w-]*\n?/, '').replace(/```\s*$/, '')

/** From a list's first word to where its brackets close, with what is joined on by commas. */
function balancedFrom(text: string, start: number): string | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? ''
    if ('(<'.includes(char)) depth++
    if (')>'.includes(char) && --depth <= 0) {
      const more = /^,[a-z]/.test(text.slice(at + 1, at + 3))
      if (depth < 0) return undefined
      if (!more) return text.slice(start, at + 1).replaceAll(/\s+/g, '')
    }
    if (depth === 0 && /[\s'"`]/.test(char)) return text.slice(start, at)
  }
  return depth === 0 ? text.slice(start) : undefined
}

/** Index behind the object that begins at `start`, or undefined if it never ends. Braces in strings do not count. */
function objectEnd(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (quoted) {
      if (char === '\\') at++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '{') depth++
    else if (char === '}' && --depth === 0) return at + 1
  }
  return undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
