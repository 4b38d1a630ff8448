import { describe, expect, it } from 'vitest'
import { compile, insert, ProgramSyntaxError } from './index.ts'

const RUNTIME = {
  named: () => {},
  enter: () => ({}),
  leave: () => {},
  at: <T>(_frame: unknown, _point: number, value: T): T => value,
  entered: () => {},
  unused: <T>(_line: number, value: T): T => value,
  tick: () => {},
}

/** What a program logs. */
async function run(code: string, runtime: string): Promise<unknown[]> {
  const log: unknown[] = []
  const body = `"use strict";return (async function(${runtime}, log, drain){${code}\n})`
  const drain = (generator: Generator): unknown[] => [...generator]
  await new Function(body)()(RUNTIME, (value: unknown) => log.push(value), drain)
  return log
}

/** The effects of a program, unchanged and with the calls inserted. */
async function bothWays(source: string): Promise<{ plain: unknown[]; inserted: unknown[] }> {
  const { code, runtime } = insert(source)
  return { plain: await run(source, 'unused_'), inserted: await run(code, runtime) }
}

it('`using` disposes at the end of its block, the last first, also where the engine does not have it', async () => {
  const { code, runtime } = insert(`const one = (name) => ({ [Symbol.dispose]: () => log(name) })
    function* f() {
      try {
        using a = one('a'), b = null, c = one('c')
        using d = one('d')
        log('body')
        yield a === undefined
        throw new Error('no')
      } catch (error) { log(error.message) }
    }
    log(drain(f()))`)
  expect(await run(code, runtime)).toEqual(['body', 'd', 'c', 'a', 'no', [false]])
})

describe('insert', () => {
  it.each([
    [
      'a loop without block',
      'function* f() { while (n < 3) yield* g(n++) } let n = 0; function* g(x) { yield x } log(drain(f()))',
    ],
    [
      'nested loops without blocks',
      'for (let a = 0; a < 2; a++) for (const b of [1, 2]) if (b > a) log(a * b); else log("no")',
    ],
    ['do without block, and no semicolon', 'let n = 0\ndo n++\nwhile (n < 3)\nlog(n)'],
    ['an empty body', 'function* f() {}\nlog(drain(f()))\nfor (let n = 0; n < 3; n++);\nlog(1)'],
    [
      'a sequence in parentheses',
      'function* f() { log(yield* (1, g(2))) }\nfunction* g(x) { yield x; return 7 }\nlog(drain(f()))',
    ],
    [
      'yield* in an argument, a template, an array',
      'function* f() { log(`${yield* g(1)}`, [yield* g(2)], { a: yield* g(3) }) }\nfunction* g(x) { yield x; return -x }\nlog(drain(f()))',
    ],
    [
      'yield* of yield*',
      'function* f() { yield* yield* g() }\nfunction* g() { yield 1; return [2, 3] }\nlog(drain(f()))',
    ],
    [
      'no semicolons',
      'const f = function* () {\n  const a = yield* g()\n  log(a)\n  ;[1, 2].forEach((x) => log(x))\n}\nfunction* g() { return 5 }\nlog(drain(f()))',
    ],
    [
      'return in a finally',
      'function* f() { try { return 1 } finally { log("f"); return yield* g() } }\nfunction* g() { yield 2; return 3 }\nconst i = f(); log(i.next().value); log(i.next())',
    ],
    [
      'a generator that is closed by hand',
      'function* f() { try { yield* g() } finally { log("f") } }\nfunction* g() { try { yield 1 } finally { log("g") } }\nconst i = f(); i.next(); log(i.return(4)); log(i.next())',
    ],
    [
      'methods, private ones, static ones',
      'class A { static *s() { yield* [1] } *#p() { yield* [2] } *m() { yield* this.#p() } }\nlog([...A.s(), ...new A().m()])',
    ],
    [
      'labels, continue and break',
      'outer: for (const a of [1, 2, 3]) { for (;;) { if (a === 2) continue outer; break } log(a) }',
    ],
    [
      'a catch without parameter, and one that destructures',
      'function* f() { try { throw { a: 1 } } catch ({ a }) { log(a) } try { throw 1 } catch { log("c") } }\ndrain(f())',
    ],
    [
      'this, arguments and super',
      'class A { *m() { yield* [...arguments] } }\nclass B extends A { constructor() { super() } *m() { yield* super.m(...arguments); yield* this.k() } *k() { yield 9 } }\nlog(drain(new B().m(1, 2)))',
    ],
    [
      'async generators and async functions',
      'async function* f() { yield* [1, 2] }\nfor await (const x of f()) log(x)',
    ],
    [
      'names of the transform in the program',
      'const __lab = 1, __f = 2\nfunction* f() { yield* [__lab, __f] }\nlog(drain(f()))',
    ],
    ['a directive', 'function* f() { "use strict"; yield* [this] }\nlog(drain(f()))'],
    [
      'functions that are hoisted in a generator',
      'function* f() { log(h()); function h() { return 1 } yield* [2] }\nlog(drain(f()))',
    ],
    [
      'default parameters and destructuring',
      'function* f({ a = 1, ...rest } = {}, [b = 2] = []) { yield* [a, b, rest.c] }\nlog(drain(f({ c: 3 })))',
    ],
    [
      'an error, and where it is thrown',
      'function* f() {\n  yield* g()\n}\nfunction* g() {\n  throw new Error("x")\n}\ntry { drain(f()) } catch (e) { log(e.message) }',
    ],
  ])('changes nothing about %s', async (_name, source) => {
    const { plain, inserted } = await bothWays(source)
    expect(inserted).toEqual(plain)
    expect(plain.length).toBeGreaterThan(0)
  })

  it('keeps every line where it is', () => {
    const source =
      "import { a } from 'x'\nimport {\n  b,\n  c as d\n} from 'y'\n\nexport function* f() {\n  yield* a()\n}\nexport default 1\n"
    const { code } = insert(source)
    const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length
    for (const part of ['function* f', 'yield*'])
      expect({ part, line: lineOf(code, part) }).toEqual({ part, line: lineOf(source, part) })
    expect(code.split('\n').length).toBe(source.split('\n').length)
  })

  it('finds each yield*, with its line, its function and its number in it', () => {
    const { awaits, functions } = compile(
      'function* f(): any {\n  yield* g()\n  yield*\n    g()\n}\nconst g = function* (): any { yield* f() }',
    )
    expect(awaits).toEqual([
      { id: 0, line: 2, function: 'f', nth: 1 },
      { id: 1, line: 3, function: 'f', nth: 2 },
      { id: 2, line: 6, function: 'g', nth: 1 },
    ])
    expect(functions).toEqual([
      { name: 'f', line: 1 },
      { name: 'g', line: 6 },
    ])
  })

  it.each([
    ['let a = \n= 1', 2],
    ['function* f( {', 1],
    ['a\nb\nc (', 3],
    ['const a: = 1', 1],
  ])('says in which line a program cannot be read: %j', (source, line) => {
    const failing = (): unknown => compile(source)
    expect(failing).toThrow(ProgramSyntaxError)
    expect(failing).toThrow(expect.objectContaining({ line }))
  })
})
