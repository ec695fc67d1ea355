import { expect, test } from 'vitest'
import { parseProposers } from '../../../src/optimise/registry.ts'

const names = (text: string): string[] => parseProposers(text).map(proposer => proposer.name)

test('proposers are separated by commas; a repeated one counts once', () => {
  expect(names('xla,xla-ir,opt:O3,opt:Oz')).toEqual(['xla', 'xla-ir', 'opt:O3', 'opt:Oz'])
  expect(names(' xla , opt:O3,xla')).toEqual(['xla', 'opt:O3'])
})

test.each([
  ['passes:gvn', ['passes:gvn']],
  ['passes:gvn,dce', ['passes:gvn,dce']],
  ['passes:gvn,dce,opt:O3', ['passes:gvn,dce', 'opt:O3']],
  ['xla,passes:function(gvn,dce),passes:inline', ['xla', 'passes:function(gvn,dce)', 'passes:inline']],
  [
    'passes:sroa<modify-cfg>,function(loop(licm<no-allowspeculation>))',
    ['passes:sroa<modify-cfg>,function(loop(licm<no-allowspeculation>))'],
  ],
  ['passes:"gvn, dce",xla', ['passes:gvn,dce', 'xla']],
  ['passes:function(xla,dce),xla', ['passes:function(xla,dce)', 'xla']],
])('commas in a pass list belong to it: %s', (text, expected) => {
  expect(names(text)).toEqual(expected)
})

test.each([
  ['xlla', 'xla'],
  ['opt:O4', 'opt:O0'],
  ['opt:', 'opt:O0'],
  ['random:0', 'random:8'],
  ['passes:', 'passes:LIST'],
  ['xla,gvn', 'known'],
])('%s is unknown, with what is near', (text, near) => {
  expect(() => parseProposers(text)).toThrow(
    expect.objectContaining({ exitCode: 2, hint: expect.stringContaining(near) }),
  )
})

test('naming none is a mistake', () => {
  expect(() => parseProposers(' ,')).toThrow('names no proposer')
})
