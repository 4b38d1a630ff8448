import { type Coroutine, createTask, gather, getRunningLoop, sleep } from 'spindle'
import type { StreamReader, StreamWriter } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { ExplorationError } from './explore/exploration-error.ts'
import { type ExploreOptions, explore } from './explore/explore.ts'
import { inVirtualTime } from './in-virtual-time.ts'
import { type SimulateStreamOptions, simulate } from './simulate.ts'

function* readPieces(reader: StreamReader, pieces: string[] = []): Coroutine<string[]> {
  for (;;) {
    const piece = String(yield* reader.read(1000))
    if (piece === '') return pieces
    pieces.push(`${getRunningLoop().time()}: ${piece}`)
  }
}

function* send(writer: StreamWriter, ...texts: string[]): Coroutine<void> {
  for (const text of texts) {
    writer.write(text)
    yield* writer.drain()
  }
  writer.close()
  yield* writer.waitClosed()
}

async function piecesOf(options: SimulateStreamOptions, ...texts: string[]): Promise<string[]> {
  let pieces: string[] = []
  const test = inVirtualTime(function* () {
    const { reader, writer } = simulate.stream(options)
    const sending = createTask(send(writer, ...texts))
    pieces = yield* readPieces(reader)
    yield* sending
  })
  await test()
  return pieces
}

/** The failure that is found, or undefined. */
async function failureOf(
  program: () => Coroutine<unknown>,
  options: ExploreOptions<undefined, unknown> = {},
): Promise<ExplorationError | undefined> {
  try {
    await explore(program, options)
    return undefined
  } catch (error) {
    if (error instanceof ExplorationError) return error
    throw error
  }
}

describe('simulate.stream()', () => {
  it('delivers the written data, in virtual time and after its latency', async () => {
    expect(await piecesOf({}, 'one', 'two')).toEqual(['0: one', '0: two'])
    expect(await piecesOf({ latency: 20 }, 'one', 'two')).toEqual(['20: one', '20: two'])
    expect(await piecesOf({ latency: [5, 50] }, 'one')).toEqual(['5: one'])
    expect(await piecesOf({ chunk: 2 }, 'onetwo')).toEqual(['0: on', '0: et', '0: wo'])
  })

  it('does the same for the same seed, and keeps the order', async () => {
    const options = { latency: [1, 50], chunk: 'any', seed: 3 } as const
    const [first, second] = [await piecesOf(options, 'hello', 'world'), await piecesOf(options, 'hello', 'world')]
    expect(second).toEqual(first)
    expect(first.map((piece) => piece.replace(/.*: /, '')).join('')).toBe('helloworld')
    expect(await piecesOf({ ...options, seed: 4 }, 'hello', 'world')).not.toEqual(first)
  })

  it('holds the writer back while the reader does not read', async () => {
    const log: string[] = []
    await inVirtualTime(function* () {
      const { reader, writer } = simulate.stream({ limit: 10, highWaterMark: 30, latency: 1 })
      const writing = createTask(function* (): Coroutine<void> {
        for (let n = 1; n <= 4; n++) {
          writer.write('x'.repeat(20))
          yield* writer.drain()
          log.push(`written ${n}`)
        }
        writer.close()
      })
      yield* sleep(1000)
      log.push('nothing was read')
      const all = yield* reader.read()
      yield* writing
      log.push(`read ${all.length}`)
    })()
    expect(log).toEqual(['written 1', 'written 2', 'written 3', 'nothing was read', 'written 4', 'read 80'])
  })

  it('breaks where requested: both ends receive ECONNRESET', async () => {
    const log: unknown[] = []
    await inVirtualTime(function* () {
      const { reader, writer } = simulate.stream({ cut: 4, chunk: 2, latency: 1 })
      const sending = createTask(send(writer, 'onetwo'))
      const pieces: string[] = []
      const results = yield* gather([readPieces(reader, pieces), sending], { returnExceptions: true })
      log.push(pieces.join(), ...results.map((error) => (error as { code?: string }).code))
    })()
    expect(log).toEqual(['1: on,1: et', 'ECONNRESET', 'ECONNRESET'])
  })

  it('is explored: a line that arrives in two pieces is found, shrunk, and replayed', async () => {
    function* main(): Coroutine<void> {
      const { reader, writer } = simulate.stream({ latency: [1, 20], chunk: 'any' })
      const sending = createTask(send(writer, 'hello\n'), { name: 'sender' })
      const line = String(yield* reader.read(100))
      yield* sending
      if (line !== 'hello\n') throw new Error(`got ${JSON.stringify(line)}`)
    }
    const error = await failureOf(main, { cancel: 'never' })
    expect(error?.message).toMatch(/^step 1 of `sender` picks possibility [1-5]: the program throws Error got "/)
    expect(error?.replay).toMatch(/^main\/sender#1 picks [1-5]$/)
    expect((await failureOf(main, { replay: error?.replay }))?.replay).toBe(error?.replay)
    function* right(): Coroutine<void> {
      const { reader, writer } = simulate.stream({ latency: [1, 20], chunk: 'any' })
      const sending = createTask(send(writer, 'hello\n'), { name: 'sender' })
      const line = String(yield* reader.readLine())
      yield* sending
      if (line !== 'hello\n') throw new Error(`got ${JSON.stringify(line)}`)
    }
    expect(await failureOf(right, { runs: 300 })).toBeUndefined()
  })

  it('is explored: a program that takes no notice of a broken connection is found', async () => {
    function* main(): Coroutine<void> {
      const { reader, writer } = simulate.stream({ cut: 'sometimes' })
      writer.write('hello\n')
      writer.write('world\n')
      writer.close()
      while (String(yield* reader.readLine()) !== '');
    }
    const error = await failureOf(main, { cancel: 'never' })
    expect(error?.message).toMatch(/picks possibility [12]: the program throws Error Connection lost/)
  })

  it('has no TLS, and prints itself', async () => {
    await inVirtualTime(function* () {
      const { writer } = simulate.stream()
      expect(String(writer)).toBe('<StreamWriter open simulated>')
      let thrown: unknown
      try {
        yield* writer.startTls()
      } catch (error) {
        thrown = error
      }
      expect((thrown as Error).message).toContain('is not the writer of a socket')
    })()
  })

  it.each([
    [{ latency: -1 }, 'latency must be a number of ms >= 0'],
    [{ latency: [5, 1] }, 'latency must be a number of ms >= 0, or two in order, got [5, 1]'],
    [{ latency: Number.NaN }, 'latency must be'],
    [{ chunk: 0 }, "chunk must be 'whole', 'any' or an integer > 0, got 0"],
    [{ cut: 'often' }, "cut must be 'never', 'sometimes' or an integer >= 0, got 'often'"],
    [{ highWaterMark: 0 }, 'highWaterMark must be an integer > 0, got 0'],
    [{ seed: 1.5 }, 'seed must be an integer, got 1.5'],
    [{ delay: 3 }, 'simulate.stream() has no option `delay`'],
  ])('refuses %j', async (options, message) => {
    const test = inVirtualTime(function* () {
      simulate.stream(options as never)
    })
    await expect(test()).rejects.toThrow(message)
  })

  it('belongs to a loop', () => {
    expect(() => simulate.stream()).toThrow('no running event loop')
  })
})

describe('simulate.call()', () => {
  it('has explore try an order of answers, and a failure', async () => {
    const program = (fails: 'never' | 'sometimes') => async (): Promise<void> => {
      const load = simulate.call((id: number) => id, { takes: [1, 50], fails })
      const order: number[] = []
      await Promise.all([1, 2].map(async (id) => order.push(await load(id))))
      if (order[0] === 2) throw new Error('the second answers first')
    }
    await expect(explore(program('never'))).rejects.toThrow('the second answers first')
    await expect(explore(program('sometimes'))).rejects.toThrow(/has failed|answers first/)
    expect(await simulate.call((id: number) => id * 2)(4)).toBe(8)
    expect(() => simulate.call(() => 1, { takes: -1 })).toThrow('takes must be a number of ms >= 0')
  })
})
