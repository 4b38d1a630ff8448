import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { functionLocation, generatorLocation, isClosure } from './source-location.ts'

// The lines are counted in what follows: the comments name them, and what is above
// has as many as it had.
function plain(): void {} // line 11

interface Erased {
  readonly types: 'make the compiled text shorter than the source'
}

function* counter(): Generator<number, string, Erased | undefined> {
  yield 1
  yield 2 // line 19
  return 'end'
}

function* outer(): Generator<number, string, Erased | undefined> {
  const name = 'the position is that of the whole expression'
  return name + (yield* counter()) // line 25
}

describe('functionLocation', () => {
  it('tells file, line, column and name as they are in the source', () => {
    const url = import.meta.url
    expect(functionLocation(plain)).toEqual({ url, script: url, line: 11, column: expect.any(Number), name: 'plain' })
  })

  it('gives the very same answer to who asks again', () => {
    expect(functionLocation(plain)).toBe(functionLocation(plain))
  })

  it('knows methods, arrow functions, async and generator functions and classes', () => {
    class Thing {
      method(): void {}
    }
    const found = [Thing, Thing.prototype.method, () => {}, async () => {}, counter].map((fn) =>
      functionLocation(fn as () => void),
    )
    expect(found.map((location) => location?.name)).toEqual(['Thing', 'method', '', '', 'counter'])
  })

  it('is undefined for what the engine has no source of', () => {
    expect([
      functionLocation(Math.max),
      functionLocation(plain.bind(undefined)),
      functionLocation(new Proxy(plain, {})),
    ]).toEqual([undefined, undefined, undefined])
  })

  it('is undefined for what is no function at all', () => {
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
    expect(lines).toEqual([17, 18, 19, 17]) // before its start, at each yield, after its end
    expect(generatorLocation(generator)?.name).toBe('counter')
  })

  it('gives the line of the yield* where a generator waits for another', () => {
    const generator = outer()
    generator.next()
    expect(lineOf(generator)).toBe(25)
  })

  it('gives where the function is defined while the generator runs', () => {
    let seen: number | undefined
    function* looking(): Generator<void> {
      seen = lineOf(generator)
    }
    const generator = looking()
    generator.next()
    expect([seen, seen]).toEqual([functionLocation(looking)?.line, expect.any(Number)])
  })

  it('is undefined for what is no generator', () => {
    expect(generatorLocation([][Symbol.iterator]())).toBeUndefined()
    expect(generatorLocation(undefined as never)).toBeUndefined()
  })

  it('keeps nothing alive that it was asked about', () => {
    generatorLocation(counter())
    expect(Object.getOwnPropertySymbols(globalThis).includes(Symbol.for('spindle.inspected'))).toBe(false)
  })
})

describe('isClosure', () => {
  it('tells a function that sees the variables of another from one that stands in the module', () => {
    function make(value: number): () => number {
      return () => value
    }
    const inner = make(1)
    expect([inner, plain, counter, Math.max].filter((fn) => isClosure(fn))).toEqual([inner])
  })
})

describe('the debugger of somebody else', () => {
  it('still stops at its breakpoints after we have asked', () => {
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

describe('where there is no inspector', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('everything is undefined, and nothing throws', async () => {
    // One of its own, which nobody else gets: the session that was opened above belongs to the other instance.
    const path = './source-location.ts?without-inspector'
    const fresh: typeof import('./source-location.ts') = await import(path)
    vi.stubGlobal('process', undefined)
    expect([fresh.functionLocation(plain), fresh.generatorLocation(counter())]).toEqual([undefined, undefined])
  })
})

describe('outside of vitest', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spindle-location-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  const program = (extension: string): string => {
    const library = new URL('./source-location.ts', import.meta.url).href
    const path = join(directory, `program${extension}`)
    writeFileSync(
      path,
      `import { Worker, isMainThread } from 'node:worker_threads'
import { functionLocation, generatorLocation } from ${JSON.stringify(library)}


export function* tick() { // line 5
  yield 1
  yield 2 // line 7
}
const generator = tick()
generator.next()
generator.next()
console.log(functionLocation(tick)?.line, generatorLocation(generator)?.line, functionLocation(tick)?.url === import.meta.url)
const again = (tsx, url) => import(tsx).then(({ register }) => (register(), import(url)))
if (isMainThread && process.argv[2]) {
  new Worker('(' + again + ')(' + JSON.stringify(process.argv[2]) + ',' + JSON.stringify(import.meta.url) + ')', { eval: true })
}
`,
    )
    return path
  }
  const run = (...args: string[]): string => execFileSync(process.execPath, args, { encoding: 'utf8' })

  it('tells the lines of the source under tsx, which compiles it to one long line', () => {
    expect(run('--import', import.meta.resolve('tsx'), program('.mts'))).toBe('5 7 true\n')
  })

  it('tells the lines of plain JavaScript, in worker threads too', () => {
    expect(run('--import', import.meta.resolve('tsx'), program('.mjs'), import.meta.resolve('tsx/esm/api'))).toBe(
      '5 7 true\n5 7 true\n',
    )
  })
})
