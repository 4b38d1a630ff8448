import { describe, expect, it } from 'vitest'
import { ThreadPoolExecutor } from '../index.ts'
import setByDefault, * as targets from '../targets.fixture.ts'
import * as closures from './closures.fixture.ts'
import { fromModule, toReference } from './function-reference.ts'
import { functionIn, textOfFunction } from './import-function.ts'

const module = new URL('../targets.fixture.ts', import.meta.url).href

describe('toReference', () => {
  it('names the module and the variable', () => {
    expect(toReference(targets.nothing)).toEqual({
      module,
      name: 'nothing',
      place: expect.stringMatching(/^packages\/thread\/src\/targets\.fixture\.ts:\d+$/),
      variable: 'nothing',
    })
  })

  it('names the variable of a function with a different name, or wrapped by coroutine()', () => {
    expect({
      renamed: toReference(targets.renamed).variable,
      wrapped: toReference(targets.wrapped).variable,
    }).toEqual({ renamed: 'inside', wrapped: 'wrapped' })
  })

  it.each(Object.entries(closures.closures))('refuses %s, also as an export', (_, fn) => {
    expect(() => toReference(fn)).toThrow(/was made inside another function|not exported|is native or bound/)
  })

  it('refuses a class, even if it is exported', () => {
    expect(() => toReference(ThreadPoolExecutor as never)).toThrow(
      'ThreadPoolExecutor is a class. Pass an exported function that makes the object and uses it',
    )
  })
})

describe('functionIn', () => {
  it('takes the export', async () => {
    for (const fn of [targets.nothing, targets.renamed, setByDefault, targets.wrapped])
      expect(await functionIn(targets, toReference(fn))).toBe(fn)
  })

  it('finds the export by its text, of several the one of that variable', async () => {
    const text = textOfFunction(targets.renamed)
    const reference = { ...toReference(targets.renamed), text }
    expect(await functionIn(targets, reference)).toBe(targets.renamed)
    const other = { first: closures.alike, inside: closures.alikeToo }
    const named = { ...reference, text: textOfFunction(closures.alike) }
    expect(await functionIn(other, named)).toBe(closures.alikeToo)
    await expect(functionIn({ inside: targets.nothing }, reference)).rejects.toThrow(/is not exported/)
  })

  it('finds an export of CommonJS', async () => {
    const reference = { ...toReference(targets.nothing), text: textOfFunction(targets.nothing) }
    expect(await functionIn({ default: { nothing: targets.nothing } }, reference)).toBe(targets.nothing)
    expect(await functionIn({ default: targets.nothing }, reference)).toBe(targets.nothing)
  })

  it('refuses an export with another text', async () => {
    const text = textOfFunction(targets.renamed)
    const reference = { ...toReference(targets.nothing), path: ['nothing'], text }
    await expect(functionIn(targets, reference)).rejects.toThrow(
      /nothing\(\) at .* is another function there: what the module exports as nothing has another text/,
    )
  })

  it('refuses functions that the module does not export', async () => {
    await expect(functionIn({}, toReference(targets.nothing))).rejects.toThrow(/nothing\(\) at .* is not exported/)
  })
})

describe('submit', () => {
  it('refuses closures at once, runs exports, and ends with an error for other functions', async () => {
    using executor = new ThreadPoolExecutor(1)
    const made = closures.closures['a field of an object'] as typeof closures.twice
    expect(() => executor.submit(made, 10)).toThrow(TypeError)
    expect(executor.submit(closures.twice, 10).result()).toBe(20)
    expect(executor.submit(closures.unexported(), 10).exception()).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(/^secret\(\) at .* is not exported/),
    })
  })
})

describe('toReference', () => {
  it('names a function of a module that has not initialised all of its variables', async () => {
    const { reference } = await import('./loading.fixture.ts')
    expect(reference.variable).toBe('ready')
  })
})

describe('fromModule', () => {
  it('refuses a function of another module', async () => {
    expect(() => toReference(fromModule(import.meta, closures.marked))).toThrow(
      /^fromModule\(\) was given file:.*function-reference\.test\.ts for marked\(\) at .*closures\.fixture\.ts:\d+\. Pass it the import\.meta/,
    )
  })

  it('refuses values that are not functions', async () => {
    expect(() => fromModule(import.meta, 3 as never)).toThrow('fromModule() takes import.meta and a function, got 3')
    expect(() => fromModule({} as never, targets.nothing)).toThrow('fromModule() takes import.meta first, got {}')
  })
})
