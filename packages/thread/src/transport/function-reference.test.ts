import { describe, expect, it } from 'vitest'
import { ThreadPoolExecutor } from '../index.ts'
import setByDefault, * as targets from '../targets.fixture.ts'
import * as closures from './closures.fixture.ts'
import { fromModule, toReference } from './function-reference.ts'
import { functionIn, textOfFunction } from './import-function.ts'

const module = new URL('../targets.fixture.ts', import.meta.url).href

describe('toReference', () => {
  it('names the module, the export and the variable', () => {
    expect(toReference(targets.nothing)).toEqual({
      module,
      name: 'nothing',
      place: expect.stringMatching(/^packages\/thread\/src\/targets\.fixture\.ts:\d+$/),
      path: ['nothing'],
      variable: 'nothing',
    })
  })

  it('names the export of a function with a different name, or no name, or wrapped by coroutine()', () => {
    expect({
      renamed: toReference(targets.renamed).path,
      default: toReference(setByDefault).path,
      wrapped: toReference(targets.wrapped).path,
    }).toEqual({ renamed: ['renamed'], default: ['default'], wrapped: ['wrapped'] })
  })

  it.each(Object.entries(closures.unexported))('refuses %s, whose text equals that of an export', (_, fn) => {
    expect(() => toReference(fn)).toThrow(TypeError)
  })

  it('refuses a class, even if it is exported', () => {
    expect(() => toReference(ThreadPoolExecutor as never)).toThrow(
      'ThreadPoolExecutor is a class. Pass an exported function that makes the object and uses it',
    )
  })

  it('finds a function by identity, however it was created', () => {
    expect(toReference(closures.double).path).toEqual(['double'])
    expect(toReference(closures.twice).path).toEqual(['twice'])
  })
})

describe('functionIn', () => {
  it('takes the export', async () => {
    for (const fn of [targets.nothing, targets.renamed, setByDefault, targets.wrapped])
      expect(await functionIn(targets, toReference(fn))).toBe(fn)
  })

  it('finds the export by its text where its name is unknown', async () => {
    const text = textOfFunction(targets.renamed)
    const reference = { ...toReference(targets.renamed), path: undefined, text }
    expect(await functionIn(targets, reference)).toBe(targets.renamed)
    await expect(functionIn({ inside: targets.nothing }, reference)).rejects.toThrow(/is not exported/)
  })

  it('refuses an export with another text', async () => {
    const reference = { ...toReference(targets.nothing), text: textOfFunction(targets.renamed) }
    await expect(functionIn(targets, reference)).rejects.toThrow(
      /nothing\(\) at .* is another function there: what the module exports as nothing has another text/,
    )
  })

  it('refuses functions that the module does not export', async () => {
    await expect(functionIn({}, toReference(targets.nothing))).rejects.toThrow(/nothing\(\) at .* is not exported/)
  })
})

describe('submit', () => {
  it('refuses functions that are not exports at once, and runs exports', async () => {
    using executor = new ThreadPoolExecutor(1)
    const five = closures.unexported['a field of another object'] as typeof closures.double
    expect(() => executor.submit(five, 10)).toThrow(TypeError)
    expect(executor.submit(closures.double, 10).result()).toBe(20)
  })
})

describe('toReference', () => {
  it('finds a function of a module that has not initialised all of its variables', async () => {
    const { reference } = await import('./loading.fixture.ts')
    expect(reference.path).toEqual(['ready'])
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
