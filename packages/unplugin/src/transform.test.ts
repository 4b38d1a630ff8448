import { describe, expect, it } from 'vitest'
import { transform } from './transform.ts'

const FILE = `${process.cwd()}/src/load.ts`
const IMPORT = "\nimport { $ as $_spindle, $dropped as $dropped_spindle } from 'spindle/transformed'\n"

/** The body of a module, transformed. */
function transformed(code: string, file = FILE): string {
  return transform(`export {}; ${code}`, file)?.code.slice('export {}; '.length).replace(IMPORT, '') ?? 'as it was'
}

describe('transform', () => {
  it('puts what `yield*` delegates to into $, with the function and the place', () => {
    expect(transformed('function* load(): Coroutine<void> { yield* sleep(1) }')).toBe(
      'function* load(): Coroutine<void> { yield* $_spindle(sleep(1), "load (src/load.ts:1:55)") }',
    )
  })

  it.each([
    ['const f = function* () { yield* a }', 'f'],
    ['class A { *m() { yield* a } }', 'm'],
    ['class A { m = function* () { yield* a } }', 'm'],
    ['const o = { *m() { yield* a } }', 'm'],
    ['const o = { m: function* () { yield* a } }', 'm'],
    ['export default function* () { yield* a }', '<anonymous>'],
  ])('names the function: %s', (code, name) => {
    expect(transformed(code)).toContain(`$_spindle(a, "${name} (`)
  })

  it('closes inner expressions before outer ones', () => {
    const code = 'function* f() { return yield* g(yield* yield* (a, b)) }'
    const place = (column: number): string => `, "f (src/load.ts:1:${column})")`
    expect(transformed(code)).toBe(
      `function* f() { return yield* $_spindle(g(yield* $_spindle(yield* $_spindle((a, b)${place(58)}${place(51)})${place(42)} }`,
    )
  })

  it('passes on the result of a call used as a statement', () => {
    expect(transformed('function* f() { save(1); a?.b(); yield* c; if (d) e() }')).toContain(
      '{ $dropped_spindle(save(1), "save", "f (src/load.ts:1:28)"); $dropped_spindle(a?.b(), "b", "f (src/load.ts:1:37)"); ' +
        'yield* $_spindle(c, "f (src/load.ts:1:52)"); if (d) $dropped_spindle(e(), "e", "f (src/load.ts:1:62)") }',
    )
  })

  it.each([
    ['an async generator', 'async function* f() { yield* a; b() }'],
    ['`yield` alone', 'function* f() { const x = yield a; yield x }'],
    ['strings, comments and patterns', 'function* f() { return ["yield* a", `yield* b`, /yield* c/] /* yield* d */ }'],
    ['a function inside', 'function* f() { return [() => { a() }, async function () { b() }] } // yield*'],
    ['what cannot be parsed', 'function* f() { yield* a'],
  ])('leaves %s alone', (_what, code) => {
    expect(transformed(code)).toBe('as it was')
  })

  it('leaves a CommonJS module alone', () => {
    expect(transform('module.exports = function* () { yield* a }', FILE)).toBe(undefined)
  })

  it('parses TypeScript, JSX and JavaScript by the name of the file', () => {
    const generic = 'const f = function* <T,>(a: Coroutine<T>): Coroutine<T> { return (yield* a as Coroutine<T>)! }'
    expect(transformed(generic)).toContain('yield* $_spindle(a as Coroutine<T>, ')
    expect(transformed('function* f() { return <b a={yield* c}/> }', FILE.replace('.ts', '.jsx'))).toContain(
      'a={yield* $_',
    )
    expect(transformed(generic, FILE.replace('.ts', '.mjs'))).toBe('as it was')
  })

  it('keeps lines, a hashbang and directives where they are, and maps to the original', () => {
    const code = `#!/usr/bin/env node\n'use client'\nexport function* f() {\n  // é\u{1f980}\n  yield* a\n}\n// end`
    const { code: result, map } = transform(code, FILE) ?? { code: '', map: undefined }
    expect(result.split('\n').slice(0, 4)).toEqual(code.split('\n').slice(0, 4))
    expect(result.split('\n')[4]).toBe('  yield* $_spindle(a, "f (src/load.ts:5:10)")')
    expect({ sources: map?.sources, content: map?.sourcesContent }).toEqual({ sources: [FILE], content: [code] })
  })

  it('takes names that the module does not use', () => {
    const code = 'export function* f($_spindle: Coroutine<void>) { yield* $_spindle }'
    expect(transform(code, FILE)?.code).toContain('yield* $_spindle_($_spindle, ')
  })
})
