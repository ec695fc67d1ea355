/** Text from data made safe and measured for a terminal. */

/** Characters that steer a terminal or reorder text: C0, DEL, C1, bidirectional marks, line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const STEERING_BUT_BREAKS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** Nothing to neutralise, one column a character: the common case, kept fast. */
const PRINTABLE = /^[ -~]*$/

const visible = (character: string): string => {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  if (character === '\r') return '\\r'
  const code = character.charCodeAt(0)
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** `text` on one line with every steering character written out (`\x1b`), so that data cannot drive a terminal. */
export const oneLine = (text: string): string =>
  PRINTABLE.test(text) ? text : text.replace(STEERING, visible)

/** Like `oneLine`, but line breaks and tabs stay: for CSV, which can hold them. */
export const neutral = (text: string): string => text.replace(STEERING_BUT_BREAKS, visible)

const ZERO_WIDTH = /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u
const columnsOf = (character: string): number =>
  ZERO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1

/** Terminal columns `text` takes. */
export function width(text: string): number {
  if (PRINTABLE.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}

/** `text` cut to at most `columns`, with an ellipsis where something is missing. */
export function truncate(text: string, columns: number): string {
  if (text.length <= columns && PRINTABLE.test(text)) return text
  if (width(text) <= columns) return text
  let kept = ''
  let used = 1
  for (const character of text) {
    used += columnsOf(character)
    if (used > columns) break
    kept += character
  }
  return `${kept}…`
}

/** A value of the database as text: bytes in hexadecimal, nothing for what is absent. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
