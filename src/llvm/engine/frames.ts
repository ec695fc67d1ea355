/**
 * Messages over a pipe: the length of all and the length of the head (four bytes each, little-endian), the head as
 * JSON, then the bytes of the message's own Uint8Arrays, one after the other. A child's caches have just been swept by
 * LLVM, so what it runs between two candidates must be little: V8's own serialiser takes half as long again there.
 */

/** The child's end of the pipe, as a file descriptor. */
export const CHANNEL = 3

const LENGTHS = 8

/** Names of byte fields with their lengths, in order. */
type Parts = [name: string, length: number][]

/** A message as a frame. Its own fields may be Uint8Arrays; anything deeper is JSON. */
export function encode(message: object): Uint8Array {
  const bytes: Uint8Array[] = []
  const parts: Parts = []
  const rest: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(message)) {
    if (value instanceof Uint8Array) {
      parts.push([name, value.length])
      bytes.push(value)
    } else rest[name] = value
  }
  const head = JSON.stringify([rest, parts])
  const headBytes = Buffer.byteLength(head)
  let at = LENGTHS + headBytes
  const frame = Buffer.allocUnsafe(bytes.reduce((sum, { length }) => sum + length, at))
  frame.writeUInt32LE(frame.length)
  frame.writeUInt32LE(headBytes, 4)
  frame.write(head, LENGTHS)
  for (const part of bytes) {
    frame.set(part, at)
    at += part.length
  }
  return frame
}

/** Takes what comes through the pipe, in pieces of any size that may be used again, and gives the messages in order. */
export function openDecoder(receive: (message: unknown) => void): (piece: Uint8Array) => void {
  let held: Buffer[] = []
  let length = 0
  let wanted = LENGTHS
  return piece => {
    held.push(Buffer.from(piece))
    length += piece.length
    while (length >= wanted) {
      const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held, length)
      held = [all]
      wanted = all.readUInt32LE()
      if (length < wanted) break
      held = length > wanted ? [all.subarray(wanted)] : []
      length -= wanted
      receive(decode(all.subarray(0, wanted)))
      wanted = LENGTHS
    }
  }
}

function decode(frame: Buffer): unknown {
  let at = LENGTHS + frame.readUInt32LE(4)
  const [message, parts] = JSON.parse(frame.toString('utf8', LENGTHS, at)) as [Record<string, unknown>, Parts]
  for (const [name, length] of parts) {
    message[name] = frame.subarray(at, at + length)
    at += length
  }
  return message
}
