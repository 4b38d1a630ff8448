import type { Socket } from 'node:net'
import { type Coroutine, createTask, gather, getRunningLoop, sleep } from 'spindle'
import { StreamReader, StreamWriter } from 'spindle/node'
import { describe, expect, it } from 'vitest'
import { explore } from './explore/explore.ts'
import type { ExploreOptions } from './explore/options.ts'
import { ExplorationError } from './explore/program.ts'
import { type SimulateNetworkOptions, simulate } from './simulate.ts'

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
  writer.writeEof()
}

function connect(options: SimulateNetworkOptions): { reader: StreamReader; writer: StreamWriter } {
  const [here, there] = simulate.network(options)
  return { reader: StreamReader.from(here, { owned: false }), writer: StreamWriter.from(there) }
}

/** Runs it once, with the ordinary schedule. */
async function ordinary(program: () => Coroutine<unknown>): Promise<void> {
  await explore(program, { cancel: 'never', late: 0, runs: 1 })
}

async function piecesOf(options: SimulateNetworkOptions, ...texts: string[]): Promise<string[]> {
  let pieces: string[] = []
  await ordinary(function* () {
    const { reader, writer } = connect(options)
    const sending = createTask(send(writer, ...texts))
    pieces = yield* readPieces(reader)
    yield* sending
  })
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

describe('simulate.network()', () => {
  it('delivers the written data, in virtual time and after its latency', async () => {
    expect(await piecesOf({ latency: 20 }, 'one', 'two')).toEqual(['20: one', '20: two'])
    expect(await piecesOf({ latency: [5, 50] }, 'one')).toEqual(['5: one'])
    const pieces = await piecesOf({ chunk: 2 }, 'onetwo')
    expect(pieces.map((piece) => piece.replace(/.*: /, ''))).toEqual(['on', 'et', 'wo'])
  })

  it('carries data both ways, in real time, too', async () => {
    const [here, there] = simulate.network()
    there.on('data', (data) => there.end(`${data}, too`))
    here.write('hello')
    let answer = ''
    for await (const data of here) answer += String(data)
    expect(answer).toBe('hello, too')
  })

  it('takes the calls by which libraries set up a socket', () => {
    const [here] = simulate.network()
    const socket = here as unknown as Socket
    expect(socket.setNoDelay(true).setKeepAlive(true, 5).setTimeout(100).unref().ref()).toBe(here)
  })

  it('emits timeout after this long without data, as a socket does', async () => {
    let log: string[] = []
    await ordinary(function* () {
      log = []
      const [here, there] = simulate.network()
      const socket = (here as unknown as Socket).resume()
      socket.setTimeout(100, () => log.push(`idle at ${performance.now()}`))
      yield* sleep(60)
      there.write('read')
      yield* sleep(60)
      socket.write('written')
      yield* sleep(150)
      socket.on('timeout', () => log.push('idle again'))
      socket.setTimeout(0)
      yield* sleep(500)
      expect(socket.destroyed).toBe(false)
      socket.setTimeout(100)
      socket.destroy()
      yield* sleep(500)
    })
    expect(log).toEqual(['idle at 220'])
  })

  it('holds the writer back while the other end does not read', async () => {
    let log: string[] = []
    await ordinary(function* () {
      log = []
      const [here, there] = simulate.network({ highWaterMark: 30, latency: 1 })
      const writer = StreamWriter.from(there)
      const writing = createTask(function* (): Coroutine<void> {
        for (let n = 1; n <= 8; n++) {
          writer.write('x'.repeat(20))
          yield* writer.drain()
          log.push(`written ${n}`)
        }
        writer.writeEof()
      })
      yield* sleep(1000)
      log.push('nothing was read')
      const all = yield* StreamReader.from(here, { owned: false }).read()
      yield* writing
      log.push(`read ${all.length}`)
    })
    const stop = log.indexOf('nothing was read')
    expect(stop).toBeGreaterThan(0)
    expect(log.slice(stop + 1)).toContain('written 8')
    expect(log.at(-1)).toBe('read 160')
  })

  it('breaks where requested: both ends receive ECONNRESET', async () => {
    let log: unknown[] = []
    await ordinary(function* () {
      const { reader, writer } = connect({ cut: 2, chunk: 2, latency: 1, highWaterMark: 1 })
      const pieces: string[] = []
      const results = yield* gather([readPieces(reader, pieces), send(writer, 'onetwo')], { returnExceptions: true })
      log = [pieces.join(), ...results.map((error) => (error as { code?: string }).code)]
    })
    expect(log).toEqual(['1: on,1: et', 'ECONNRESET', 'ECONNRESET'])
  })

  it('is explored: a line that arrives in two pieces is found, shrunk, and replayed', async () => {
    const program = (read: (reader: StreamReader) => Coroutine<Uint8Array>) =>
      function* main(): Coroutine<void> {
        const { reader, writer } = connect({ latency: [1, 20], chunk: 'any' })
        const sending = createTask(send(writer, 'hello\n'), { name: 'sender' })
        const line = String(yield* read(reader))
        yield* sending
        if (line !== 'hello\n') throw new Error(`got ${JSON.stringify(line)}`)
      }
    const wrong = program((reader) => reader.read(100))
    const error = await failureOf(wrong, { cancel: 'never' })
    expect(error?.message).toMatch(
      /^the program throws Error: got .*\n {2}when a piece of length [1-5] arrives, at send \(.*simulate\.test\.ts:\d+/,
    )
    expect(error?.replay).toMatch(/^main\/sender#1 picks [1-5]$/)
    expect((await failureOf(wrong, { replay: error?.replay }))?.replay).toBe(error?.replay)
    expect(
      await failureOf(
        program((reader) => reader.readLine()),
        { runs: 300 },
      ),
    ).toBeUndefined()
  })

  it('is explored: a program that takes no notice of a broken connection is found', async () => {
    function* main(): Coroutine<void> {
      const { reader, writer } = connect({ cut: 'sometimes' })
      yield* send(writer, 'hello\n', 'world\n')
      while (String(yield* reader.readLine()) !== '');
    }
    const error = await failureOf(main, { cancel: 'never' })
    expect(error?.message).toMatch(
      /^the program throws Error: Connection lost\n {2}when the connection breaks after pieces: \d, at .*simulate\.test\.ts:\d+/,
    )
  })

  it.each([
    [{ latency: -1 }, 'latency must be a number of ms >= 0'],
    [{ latency: [5, 1] }, 'latency must be a number of ms >= 0, or two in order, got [5, 1]'],
    [{ latency: Number.NaN }, 'latency must be'],
    [{ chunk: 0 }, "chunk must be 'whole', 'any' or an integer > 0, got 0"],
    [{ cut: 'often' }, "cut must be 'never', 'sometimes' or an integer >= 0, got 'often'"],
    [{ highWaterMark: 0 }, 'highWaterMark must be an integer > 0, got 0'],
    [{ delay: 3 }, 'simulate.network() has no option `delay`'],
  ])('refuses %j', (options, message) => {
    expect(() => simulate.network(options as never)).toThrow(message)
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
    await expect(explore(program('never'))).rejects.toThrow(
      /the second answers first\n {2}when what .*simulate\.test\.ts:\d+.* waits for takes \d+ ms/,
    )
    const failing = async (): Promise<unknown> => simulate.call(() => 1, { fails: 'sometimes' })()
    await expect(explore(failing)).rejects.toThrow(
      /has failed\n {2}when the simulated call fails, at failing \(\S*simulate\.test\.ts:\d+\)/,
    )
    await expect(explore(program('sometimes'))).rejects.toThrow(/has failed|answers first/)
    expect(await simulate.call((id: number) => id * 2)(4)).toBe(8)
    expect(() => simulate.call(5 as never)).toThrow('simulate.call() takes a function, got 5')
    expect(() => simulate.call(() => 1, { takes: -1 })).toThrow('takes must be a number of ms >= 0')
  })
})
