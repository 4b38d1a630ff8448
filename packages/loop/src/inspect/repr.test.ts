import { describe, expect, it } from 'vitest'
import { EventLoop } from '../event-loop.ts'
import { describeCallback, repr } from './repr.ts'

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

  it('shortens what is long, and keeps both its ends', () => {
    const text = repr(`begin ${'x'.repeat(1000)} end`)
    const list = repr(Array.from({ length: 100 }, (_, n) => n))
    expect([text.length <= 60, text.startsWith("'begin x"), text.endsWith("x end'"), list]).toEqual([
      true,
      true,
      true,
      '[0, 1, 2, 3, 4, 5, ...]',
    ])
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

describe('describeCallback', () => {
  it('names a function and its place', () => {
    function spin(): void {}
    expect([describeCallback(spin), describeCallback(() => {})]).toEqual([
      expect.stringMatching(/^spin\(\) at packages\/loop\/src\/inspect\/repr\.test\.ts:\d+$/),
      expect.stringMatching(/^<anonymous>\(\) at packages\/loop\/src\/inspect\/repr\.test\.ts:\d+$/),
    ])
  })

  it('names a function that has no place, as it is bound or built in', () => {
    const loop = new EventLoop()
    expect([describeCallback(loop.stop.bind(loop)), describeCallback(Math.max)]).toEqual([
      expect.stringMatching(/^bound stop\(\)/),
      'max()',
    ])
  })
})
