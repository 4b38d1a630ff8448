import { Session } from 'node:inspector'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { functionLocation, generatorLocation } from './source-location.ts'

// The tests below compare the line numbers that these comments name.
function plain(): void {} // line 6

interface Erased {
  readonly types: 'make the compiled text shorter than the source'
}

function* counter(): Generator<number, string, Erased | undefined> {
  yield 1
  yield 2 // line 14
  return 'end'
}

function* outer(): Generator<number, string, Erased | undefined> {
  const name = 'the position is that of the whole expression'
  return name + (yield* counter()) // line 20
}

describe('functionLocation', () => {
  it('returns file, line, column and name as they are in the source', () => {
    const url = import.meta.url
    expect(functionLocation(plain)).toEqual({ url, script: url, line: 6, column: expect.any(Number), name: 'plain' })
  })

  it('returns the same object when called again', () => {
    expect(functionLocation(plain)).toBe(functionLocation(plain))
  })

  it('supports methods, arrow functions, async and generator functions and classes', () => {
    class Thing {
      method(): void {}
    }
    const found = [Thing, Thing.prototype.method, () => {}, async () => {}, counter].map((fn) =>
      functionLocation(fn as () => void),
    )
    expect(found.map((location) => location?.name)).toEqual(['Thing', 'method', '', '', 'counter'])
  })

  it('is undefined for functions without source', () => {
    expect([
      functionLocation(Math.max),
      functionLocation(plain.bind(undefined)),
      functionLocation(new Proxy(plain, {})),
    ]).toEqual([undefined, undefined, undefined])
  })

  it('is undefined for values that are not functions', () => {
    expect(functionLocation({} as never)).toBeUndefined()
    expect(functionLocation(1 as never)).toBeUndefined()
  })
})

describe('generatorLocation', () => {
  const lineOf = (generator: Iterator<unknown>): number | undefined => generatorLocation(generator)?.line

  it('follows a generator from step to step', () => {
    const generator = counter()
    const lines = [lineOf(generator)]
    for (let step = 0; step < 3; step++) {
      generator.next()
      lines.push(lineOf(generator))
    }
    expect(lines).toEqual([12, 13, 14, 12]) // before its start, at each yield, after its end
    expect(generatorLocation(generator)?.name).toBe('counter')
  })

  it('returns the line of the yield* where a generator waits for another', () => {
    const generator = outer()
    generator.next()
    expect(lineOf(generator)).toBe(20)
  })

  it('returns the line of the function while the generator runs', () => {
    let seen: number | undefined
    function* looking(): Generator<void> {
      seen = lineOf(generator)
    }
    const generator = looking()
    generator.next()
    expect([seen, seen]).toEqual([functionLocation(looking)?.line, expect.any(Number)])
  })

  it('is undefined for values that are not generators', () => {
    expect(generatorLocation([][Symbol.iterator]())).toBeUndefined()
    expect(generatorLocation(undefined as never)).toBeUndefined()
  })

  it('keeps no generator alive', () => {
    generatorLocation(counter())
    expect(Object.getOwnPropertySymbols(globalThis).includes(Symbol.for('spindle.inspected'))).toBe(false)
  })
})

describe('another debugger session', () => {
  it('still stops at its breakpoints after a lookup', () => {
    const session = new Session()
    session.connect()
    const stops: string[] = []
    session.on('Debugger.paused', ({ params }) => stops.push(params.callFrames[0]?.functionName ?? ''))
    session.post('Debugger.enable')
    try {
      const fresh = new Function('return function fresh() { debugger }')() as () => void
      functionLocation(fresh) // a script that was not asked for before: enables and disables
      generatorLocation(counter())
      fresh()
    } finally {
      session.disconnect()
    }
    expect(stops).toEqual(['fresh'])
  })
})

describe('without an inspector', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('everything is undefined, and nothing throws', async () => {
    // One of its own, which nobody else gets: the session that was opened above belongs to the other instance.
    const path = './source-location.ts?without-inspector'
    const fresh: typeof import('./source-location.ts') = await import(path)
    vi.stubGlobal('process', undefined)
    expect([fresh.functionLocation(plain), fresh.generatorLocation(counter())]).toEqual([undefined, undefined])
  })
})
