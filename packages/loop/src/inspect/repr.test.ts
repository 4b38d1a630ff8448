import { describe, expect, it } from 'vitest'
import { repr } from './repr.ts'

describe('repr', () => {
  it('prints values as Python prints them, where there is a counterpart', () => {
    class Point {}
    class Named {
      toString(): string {
        return '<Named>'
      }
    }
    const printed: [unknown, string][] = [
      ['text', "'text'"],
      ["it's \\ two\nlines", '"it\'s \\\\ two\\nlines"'],
      ['it\'s "quoted"', "'it\\'s \"quoted\"'"],
      ['red \x1b[31m\t\r\0\x85', "'red \\x1b[31m\\t\\r\\x00\\x85'"],
      [42, '42'],
      [-0.5, '-0.5'],
      [10n, '10n'],
      [undefined, 'undefined'],
      [null, 'null'],
      [Symbol('s'), 'Symbol(s)'],
      [new TypeError('no'), "TypeError('no')"],
      [new Error(), 'Error()'],
      [[1, 'two', [3, [4]]], "[1, 'two', [3, [...]]]"],
      [[], '[]'],
      [{}, '{}'],
      [{ a: 1, b: { c: { d: 3 } } }, '{ a: 1, b: { c: { ... } } }'],
      [Object.create(null), '{}'],
      [new Point(), '<Point>'],
      [new Named(), '<Named>'],
      [function spin() {}, '<function spin>'],
      [() => {}, '<function <anonymous>>'],
    ]
    expect(printed.map(([value]) => repr(value))).toEqual(printed.map(([, text]) => text))
  })

  it('shortens long texts, and keeps both ends', () => {
    const text = repr(`begin ${'x'.repeat(1000)} end`)
    const list = repr(Array.from({ length: 100 }, (_, n) => n))
    expect(text.length).toBeLessThanOrEqual(60)
    expect(text).toMatch(/^'begin x.*x end'$/)
    expect(list).toBe('[0, 1, 2, 3, 4, 5, ...]')
  })

  it('escapes names, keys and symbols, so that none can forge a line of a log', () => {
    const bad = 'x\nINFO all is well\x1b[2J'
    const shown = 'x\\nINFO all is well\\x1b[2J'
    const named = Object.defineProperty(() => {}, 'name', { value: bad })
    const error = Object.assign(new Error('m'), { name: bad })
    const ofClass = new ({ [bad]: class {} }[bad] as new () => object)()
    const printsItself = { toString: (): string => bad, __proto__: {} }
    expect([
      repr(named),
      repr(Symbol(bad)),
      repr({ [bad]: 1 }),
      repr(error),
      repr(ofClass),
      repr(printsItself),
    ]).toEqual([`<function ${shown}>`, `Symbol(${shown})`, `{ ${shown}: 1 }`, `${shown}('m')`, `<${shown}>`, shown])
  })

  it('limits a value before it formats it, and calls no getter', () => {
    let reads = 0
    const item = { toString: (): string => `item ${++reads}`, __proto__: {} }
    repr(Array.from({ length: 100_000 }, () => item))
    repr(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key ${n}`, item])))
    const record = {
      get secret(): number {
        return ++reads
      },
    }
    expect({ shown: repr(record), digits: repr(10n ** 100_000n), reads }).toEqual({
      shown: '{ secret: <getter> }',
      digits: '<bigint of more than 60 digits>',
      reads: 12,
    })
  })

  it('never throws, and ends where things contain themselves', () => {
    const circle: unknown[] = []
    circle.push(circle)
    const hostile = {
      get toString(): never {
        throw new Error('no')
      },
    }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    class Broken {
      toString(): never {
        throw new Error('no')
      }
    }
    expect([repr(circle), repr(new Broken()), repr(revoked.proxy), typeof repr(hostile)]).toEqual([
      '[[[...]]]',
      '<object that cannot be printed>',
      '<object that cannot be printed>',
      'string',
    ])
  })
})
