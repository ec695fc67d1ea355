import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  contentHash,
  definedGlobals,
  ObjectError,
  parseObject,
  renameSymbol,
  sizesOf,
  undefinedSymbols,
} from '../../../../src/llvm/object/object.ts'

const read = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/objects', `${name}.o`))
const xla = read('xla-x86-64')
const stock = read('stock-x86-64')
const arm = read('stock-aarch64')

/** Figures of llvm-readelf, and for objectBytes of llvm-objcopy --strip-unneeded with the function called `kernel`. */
test('sizes are those of LLVM’s own tools', () => {
  expect(sizesOf(parseObject(xla))).toEqual({ codeBytes: 80, rodataBytes: 4, objectBytes: 840 })
  expect(sizesOf(parseObject(stock))).toEqual({ codeBytes: 142, rodataBytes: 12, objectBytes: 1056 })
  expect(sizesOf(parseObject(arm))).toEqual({ codeBytes: 156, rodataBytes: 0, objectBytes: 816 })
})

test('symbols are told by who defines them', () => {
  expect(definedGlobals(parseObject(xla))).toEqual(['divide_select_fusion'])
  expect(undefinedSymbols(parseObject(xla))).toEqual([])
  expect(definedGlobals(parseObject(stock))).toEqual(['subtract_divide_fusion'])
  expect(undefinedSymbols(parseObject(stock))).toEqual(['powf'])
  expect(parseObject(arm).machine).toBe('aarch64')
  expect(undefinedSymbols(parseObject(arm))).toEqual(['powf'])
})

describe('a renamed symbol', () => {
  test('changes the name and nothing that is measured', () => {
    for (const [bytes, name] of [
      [xla, 'divide_select_fusion'],
      [stock, 'subtract_divide_fusion'],
      [arm, 'subtract_divide_fusion'],
    ] as const) {
      const renamed = parseObject(renameSymbol(bytes, name, 'kernel_with_quite_another_name'))
      expect(definedGlobals(renamed)).toEqual(['kernel_with_quite_another_name'])
      expect(sizesOf(renamed)).toEqual(sizesOf(parseObject(bytes)))
      expect(contentHash(renamed)).toBe(contentHash(parseObject(bytes)))
    }
  })

  test('may be one asked from outside, which is another content', () => {
    const renamed = parseObject(renameSymbol(stock, 'powf', 'expf'))
    expect(undefinedSymbols(renamed)).toEqual(['expf'])
    expect(contentHash(renamed)).not.toBe(contentHash(parseObject(stock)))
  })

  test('must be there', () => {
    expect(() => renameSymbol(stock, 'absent', 'kernel')).toThrow("defines no symbol 'absent'")
  })
})

describe('content', () => {
  const changed = (offset: number): string => {
    const copy = Uint8Array.from(stock)
    copy[offset] = (copy[offset] ?? 0) ^ 1
    return contentHash(parseObject(copy))
  }
  const same = contentHash(parseObject(stock))

  test('is another when a byte of code, of a constant or of a relocation is', () => {
    for (const offset of [0x40, 0xd0, 0x188 + 16]) expect(changed(offset)).not.toBe(same)
  })

  test('is the same when only the name of the source file is another', () => {
    const name = Buffer.from(stock).indexOf('__compute_module')
    expect(name).toBeGreaterThan(0)
    expect(changed(name)).toBe(same)
  })
})

describe('bytes that are no object', () => {
  test('are refused with what is wrong', () => {
    const with_ = (offset: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(stock)
      copy[offset] = value
      return copy
    }
    expect(() => parseObject(new Uint8Array())).toThrow('not an ELF file')
    expect(() =>
      parseObject(Buffer.from('; ModuleID = text of some length, longer than a header of ELF64')),
    ).toThrow('not an ELF file')
    expect(() => parseObject(with_(4, 1))).toThrow('not a 64-bit')
    expect(() => parseObject(with_(16, 3))).toThrow('not a relocatable')
    expect(() => parseObject(with_(18, 243))).toThrow('machine 243')
    expect(() => parseObject(stock.subarray(0, stock.length - 1))).toThrow('truncated')
  })

  test('never fail in another way, wherever they are cut or changed', () => {
    const kinds = new Set<string>()
    const attempt = (bytes: Uint8Array): void => {
      try {
        const object = parseObject(bytes)
        sizesOf(object)
        contentHash(object)
        kinds.add('parsed')
      } catch (error) {
        kinds.add(error instanceof ObjectError ? 'refused' : `threw ${error}`)
      }
    }
    for (let i = 0; i < stock.length; i++) {
      attempt(stock.subarray(0, i))
      for (const value of [0, 0x7f, 0xff]) {
        const copy = Uint8Array.from(stock)
        copy[i] = value
        attempt(copy)
      }
    }
    expect([...kinds].sort()).toEqual(['parsed', 'refused'])
  })
})
