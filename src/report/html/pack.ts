/** Data inside a page: JSON, deflated, in base64; the browser's DecompressionStream opens it. */
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

/** `value` as text that can stand in a page: base64 holds no `<`. */
export const pack = (value: unknown): string =>
  deflateRawSync(Buffer.from(JSON.stringify(value)), { level: 9 }).toString('base64')

/** A source for a Content-Security-Policy: this very script or style and no other. */
export const cspHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** `value` to `digits` significant digits: a page has no use for more. */
export const rounded = (value: number | null, digits = 4): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(digits))
