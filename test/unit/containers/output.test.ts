import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cappedText, eachLine } from '../../../src/containers/output.ts'
import { orphaned, ownerLabels } from '../../../src/containers/reap.ts'

test('a long log keeps its beginning and its end', () => {
  const log = cappedText(10, 20)
  for (let i = 0; i < 1000; i++) log.add(Buffer.from(`${String(i).padStart(4, '0')}\n`))
  const text = log.text()
  expect(text.startsWith('0000\n0001\n')).toBe(true)
  expect(text.endsWith('0998\n0999\n')).toBe(true)
  const [, cut] = /… (\d+) bytes left out …/.exec(text) ?? []
  expect(text.replace(/\n… .* …\n/, '').length + Number(cut)).toBe(5000)
})

test('lines survive cuts inside a character and binary between them', async () => {
  const lines: string[] = []
  const stream = new PassThrough()
  eachLine(stream, line => lines.push(line))
  for (const byte of Buffer.from('één\n')) stream.write(Buffer.from([byte]))
  stream.write(Buffer.from([0xff, 0xfe, 0x0a]))
  stream.end('last')
  await setImmediate()
  await setImmediate()
  expect(lines).toEqual(['één', '\ufffd\ufffd', 'last'])
})

test('a container is orphaned when its process is gone, or its number is another process now', () => {
  const [label = ''] = Object.values(ownerLabels())
  const [machine, pid] = label.split(' ')
  expect(orphaned(label)).toBe(false)
  expect(orphaned(`${machine} ${pid} 1`)).toBe(true)
  expect(orphaned(`${machine} 4194303 1`)).toBe(true)
  expect(orphaned('another-machine 4194303 1')).toBe(false)
})
