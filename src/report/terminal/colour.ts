/** Colour on standard output: only on a terminal that has any, and not with NO_COLOR or TERM=dumb. */
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** `text` in a style where standard output shows styles, else as it is. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout })

const STYLES: Readonly<Record<string, Style>> = {
  faster: 'green',
  agreed: 'green',
  exhausted: 'green',
  confirmed: 'green',
  slower: 'red',
  refuted: 'red',
  invalid: 'red',
  broken: 'yellow',
  inconclusive: 'dim',
  unknown: 'dim',
  twin: 'dim',
}

/** A table's cell: words of verdicts and comparisons have a colour. */
export function paintCell(cell: string): string {
  const style = STYLES[cell.trim()]
  return style === undefined ? cell : paint(style, cell)
}

const TOKENS =
  /(;.*$|\s#.*$)|("[^"]*")|([%@][\w.$-]+)|\b(define|declare|ret|br|load|store|getelementptr|call|phi|select|[if]cmp|[a-z]?add|[a-z]?sub|[a-z]?mul|[a-z]div|alloca|[a-z]+element|shufflevector|bitcast|[a-z]+ext|[a-z]*trunc)\b/g
const TOKEN_STYLES: readonly Style[] = ['dim', 'yellow', 'cyan', 'magenta']

/** A line of IR or assembly in a few colours; as it is where there are none. */
export const paintCode = (line: string): string =>
  line.length > 400
    ? line
    : line.replace(TOKENS, (token: string, ...groups: unknown[]) =>
        paint(TOKEN_STYLES[groups.slice(0, 4).findIndex(group => group !== undefined)] ?? 'reset', token),
      )
