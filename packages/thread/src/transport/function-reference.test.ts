import { describe, expect, it } from 'vitest'
import setByDefault, * as targets from '../targets.fixture.ts'
import { find, fromModule, refer } from './function-reference.ts'

const module = new URL('../targets.fixture.ts', import.meta.url).href

describe('refer', () => {
  it('tells module, name, text and place', () => {
    const { text, ...rest } = refer(targets.nothing)
    expect(rest).toEqual({
      module,
      name: 'nothing',
      place: expect.stringMatching(/^packages\/thread\/src\/targets\.fixture\.ts:\d+$/),
    })
    expect(text).toMatch(/^function nothing\(\)/)
  })

  it('tells what coroutine() has wrapped', () => {
    expect(refer(targets.wrapped)).toMatchObject({ module, name: 'setsEvent' })
  })
})

describe('find', () => {
  it('takes the export of that name, or the only one that it can be', () => {
    expect(find(refer(targets.nothing), targets)).toBe(targets.nothing)
    expect(find(refer(targets.renamed), targets)).toBe(targets.renamed)
    expect(find(refer(setByDefault), targets)).toBe(setByDefault)
    expect(find(refer(targets.wrapped), targets)).toBe(targets.wrapped)
  })

  it('knows a function by its place where it was compiled to another text', () => {
    expect(find({ ...refer(targets.nothing), text: 'function nothing() { /* … */ }' }, targets)).toBe(targets.nothing)
  })

  it('refuses another function of that name, or of that line', () => {
    const other = { ...refer(targets.nothing), text: 'function nothing() { /* … */ }', place: 'elsewhere.ts:1' }
    expect(() => find(other, targets)).toThrow(
      /exports as nothing in the other thread is another function than the one at elsewhere\.ts:1/,
    )
    const { place } = refer(targets.renamed)
    expect(() => find({ ...other, place }, { nothing: targets.renamed })).toThrow(TypeError)
  })

  it('refuses what is exported more than once, but never under its own name', () => {
    const namespace = { one: targets.nothing, two: Object.assign(targets.wrapped, {}) }
    expect(find(refer(targets.nothing), namespace)).toBe(targets.nothing)
    const twin = new Function('return function nothing() {}')() as () => void
    const text = Function.prototype.toString.call(twin)
    const twice = { a: twin, b: new Function('return function nothing() {}')() }
    expect(() => find({ module, name: 'nothing', text, place: undefined }, twice)).toThrow(/is exported more than once/)
  })
})

describe('fromModule', () => {
  it('refuses what is no function', () => {
    expect(() => fromModule(import.meta, 3 as never)).toThrow('fromModule() takes import.meta and a function, got 3')
  })
})
