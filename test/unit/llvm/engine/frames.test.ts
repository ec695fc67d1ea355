import { expect, test } from 'vitest'
import { encode, openDecoder } from '../../../../src/llvm/engine/frames.ts'

const MESSAGES = [
  { op: 'about' },
  { op: 'make', passes: 'function(dé\u2028)', bytes: Buffer.from([0, 1, 255]), opt: { forced: ['minsize'] } },
  { state: 'made', object: new Uint8Array(70_000).fill(7), ir: new Uint8Array(), seconds: 0.5 },
  { op: 'read', ir: 'define void @f()\n'.repeat(9000) },
]

test.each([1, 7, 8, 9, 4096, 1 << 20])(
  'messages come through in pieces of %d bytes as they went in',
  size => {
    const frames = Buffer.concat(MESSAGES.map(encode))
    const received: unknown[] = []
    const take = openDecoder(message => received.push(message))
    const piece = Buffer.alloc(size)
    // As a reader does that uses its room again.
    for (let at = 0; at < frames.length; at += size)
      take(piece.subarray(0, frames.copy(piece, 0, at, at + size)))
    expect(received.map(plain)).toEqual(MESSAGES.map(plain))
  },
)

/** Bytes as bytes, whatever kind of view. */
const plain = (message: unknown): unknown =>
  Object.fromEntries(
    Object.entries(message as object).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  )
