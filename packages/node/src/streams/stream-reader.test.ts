import { createReadStream, readdirSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { CancelledError, type Coroutine, DeadlockError, getRunningLoop, RuntimeError } from '@spindle/loop'
import { createTask, forEach, isCoroutine, moveOnAfter, run, runSync, sleep, wait } from '@spindle/task'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { outcome, text } from '../outcome.fixture.ts'
import { IncompleteReadError, LimitOverrunError } from './read-errors.ts'
import { StreamReader } from './stream-reader.ts'

/** A reader to which these come, 1 ms apart; then the end. */
function readerOf(...chunks: string[]): StreamReader {
  const reader = new StreamReader()
  for (const [index, chunk] of chunks.entries()) {
    getRunningLoop().callLater(index + 1, () => reader.feedData(Buffer.from(chunk)))
  }
  getRunningLoop().callLater(chunks.length + 1, () => reader.feedEof())
  return reader
}

describe('StreamReader.read', () => {
  it('returns the available bytes, up to the limit, and nothing at the end', function* () {
    const reader = readerOf('hello', 'world')
    const read: string[] = []
    for (const count of [3, 10, 0, 10, 10]) read.push(yield* text(reader.read(count)))
    expect({ read, atEof: reader.atEof() }).toEqual({ read: ['hel', 'lo', '', 'world', ''], atEof: true })
  })

  it('without a count reads to the end, even more than the limit', function* () {
    const reader = new StreamReader({ limit: 3 })
    for (let i = 0; i < 10; i++) getRunningLoop().callLater(i, () => reader.feedData(Buffer.from('abcdefgh')))
    getRunningLoop().callLater(20, () => reader.feedEof())
    expect(yield* text(reader.read())).toBe('abcdefgh'.repeat(10))
  })

  it('returns a coroutine, like the other methods, from which a Task can be made, and which is awaited once', function* () {
    const reader = readerOf('one\n', 'two', 'three', 'four;')
    const ways = [
      () => reader.readLine(),
      () => reader.read(3),
      () => reader.readExactly(5),
      () => reader.readUntil(';'),
    ]
    const read: string[] = []
    const names: string[] = []
    for (const way of ways) {
      const reading = way()
      expect(isCoroutine(reading)).toBe(true)
      names.push(String(reading))
      const task = createTask(reading)
      expect(String(task)).toContain(`coro=<${String(reading).slice('<coroutine object '.length, -1)}()`)
      read.push(yield* text(task))
      expect(yield* outcome(reading)).toEqual(new RuntimeError(`cannot reuse already awaited coroutine ${reading}`))
    }
    expect(read).toEqual(['one\n', 'two', 'three', 'four;'])
    expect(names).toEqual(
      ['readLine', 'read', 'readExactly', 'readUntil'].map((name) => `<coroutine object StreamReader.${name}>`),
    )
    yield* reader.read() // the end
  })

  it('says so when `yield*` was forgotten, or `await` was written', function* () {
    const reader = new StreamReader()
    expect(() => [...(reader.read(1) as Iterable<unknown>)]).toThrow('did you forget `yield*`? <Future pending')
    const refused = reader.read(1) as unknown as PromiseLike<never>
    refused.then(undefined, (error) => expect(String(error)).toContain('StreamReader.read> is not a promise'))
    expect.assertions(2)
  })

  it('loses nothing wherever it is cancelled', async () => {
    let reader: StreamReader | undefined
    const read: string[] = []
    await explore(
      function* () {
        reader = readerOf('one\n', 'two', '\nthree', 'rest')
        read.length = 0
        read.push(yield* text(reader.readLine()))
        read.push(yield* text(reader.readUntil('\n')))
        read.push(yield* text(reader.readExactly(5)))
        read.push(yield* text(reader.read()))
      },
      {
        cancel: 'main',
        times: 'written',
        *check({ task, cancelled }) {
          if (reader === undefined) return // cancelled before its first step
          yield* sleep(10)
          const rest = yield* text(reader.read())
          reader = undefined // the next run may be cancelled before it makes one
          expect([read.join('') + rest, task.cancelled()]).toEqual(['one\ntwo\nthreerest', cancelled.length > 0])
          expect(getRunningLoop().wakeSources.pending).toBe(0)
        },
      },
    )
  })

  it('lets one wait at a time', function* () {
    const reader = new StreamReader()
    const first = createTask(reader.read(1))
    yield* sleep(1)
    const error = yield* outcome(reader.readLine())
    expect(error).toEqual(
      new RuntimeError('readLine() called while another coroutine is already waiting for incoming data'),
    )
    reader.feedEof()
    yield* first
  })

  it('throws what went wrong, now and ever after', function* () {
    const reader = new StreamReader()
    const failed = new Error('reset')
    getRunningLoop().callLater(5, () => reader.setException(failed))
    const errors = [yield* outcome(reader.read(5)), yield* outcome(reader.readLine()), reader.exception()]
    expect(errors).toEqual([failed, failed, failed])
  })

  it('fails at once in a blocking run if a stream of Node feeds it', () => {
    function* main(): Coroutine<void> {
      using reader = StreamReader.from(new PassThrough())
      yield* reader.read()
    }
    expect(() => runSync(main())).toThrow(/^StreamReader.read\(\) cannot be awaited in a blocking run/)
  })

  it('waits in a blocking run for what a Task feeds', () => {
    const reader = new StreamReader()
    function* feed(): Coroutine<void> {
      yield* sleep(1)
      reader.feedData(Buffer.from('fed'))
    }
    function* main(): Coroutine<string> {
      createTask(feed())
      return String(yield* reader.read(3))
    }
    expect(runSync(main())).toBe('fed')
    expect(() => runSync(reader.read())).toThrow(DeadlockError)
  })
})

describe('StreamReader.readExactly', () => {
  it('gives that many bytes, of however many chunks', function* () {
    const reader = readerOf('ab', 'c', 'defg')
    const read = [yield* text(reader.readExactly(4)), yield* text(reader.readExactly(0))]
    expect([...read, yield* text(reader.read())]).toEqual(['abcd', '', 'efg'])
  })

  it('throws the bytes it has if the stream ends before', function* () {
    const reader = readerOf('abc')
    const error = (yield* outcome(reader.readExactly(5))) as IncompleteReadError
    expect(error).toBeInstanceOf(IncompleteReadError)
    expect({ partial: String(error.partial), expected: error.expected }).toEqual({ partial: 'abc', expected: 5 })
    expect(String(error)).toBe('IncompleteReadError: 3 bytes read on a total of 5 expected bytes')
    expect(reader.atEof()).toBe(true)
  })

  it('refuses a negative number and a fraction, and so does read', function* () {
    const reader = readerOf('abcd')
    const errors: string[] = []
    for (const count of [-1, Number.NaN, 1.5]) errors.push(String(yield* outcome(reader.readExactly(count))))
    for (const count of [Number.NaN, '2']) errors.push(String(yield* outcome(reader.read(count as number))))
    expect(errors).toEqual([
      'RangeError: readExactly size can not be less than zero',
      'RangeError: readExactly size must be a whole number, got NaN',
      'RangeError: readExactly size must be a whole number, got 1.5',
      'RangeError: read size must be a whole number, got NaN',
      "RangeError: read size must be a whole number, got '2'",
    ])
    expect(yield* text(reader.read())).toBe('abcd')
  })
})

describe('StreamReader.readLine', () => {
  it('gives lines, of however many chunks, and the rest at the end', function* () {
    const reader = readerOf('one\ntw', 'o', '\n', '\nrest')
    const lines: string[] = []
    for (let i = 0; i < 5; i++) lines.push(yield* text(reader.readLine()))
    expect(lines).toEqual(['one\n', 'two\n', '\n', 'rest', ''])
  })

  it('drops a line that is longer than the limit, and continues with the next', function* () {
    const reader = new StreamReader({ limit: 5 })
    reader.feedData(Buffer.from('much too long\nshort\n'))
    const text5 = 'Separator is found, but chunk is longer than limit: more than 5 bytes, see the option `limit`'
    expect(yield* outcome(reader.readLine())).toEqual(new RangeError(text5))
    expect(yield* text(reader.readLine())).toBe('short\n')
  })

  it('drops all there is if the end of the line has not come', function* () {
    const reader = new StreamReader({ limit: 5 })
    reader.feedData(Buffer.from('much too long'))
    expect(String(yield* outcome(reader.readLine()))).toBe(
      'RangeError: Separator is not found, and chunk exceed the limit: more than 5 bytes, see the option `limit`',
    )
    reader.feedData(Buffer.from('short\n'))
    expect(yield* text(reader.readLine())).toBe('short\n')
  })
})

describe('StreamReader.readUntil', () => {
  it('finds a separator that comes in pieces', function* () {
    const reader = readerOf('HEAD', 'ER\r', '\n', '\r', '\nbody')
    expect([yield* text(reader.readUntil('\r\n\r\n')), yield* text(reader.read())]).toEqual(['HEADER\r\n\r\n', 'body'])
  })

  it('takes the one of several separators that ends first', function* () {
    const reader = readerOf('a;b', ', c', ';', 'd')
    const found: string[] = []
    for (let i = 0; i < 3; i++) found.push(yield* text(reader.readUntil([Buffer.from(', '), ';'])))
    expect(found).toEqual(['a;', 'b, ', 'c;'])
    const error = (yield* outcome(reader.readUntil([', ', ';']))) as IncompleteReadError
    expect([String(error.partial), error.expected]).toEqual(['d', undefined])
  })

  it('leaves the bytes beyond the limit in the buffer', function* () {
    const reader = new StreamReader({ limit: 4 })
    reader.feedData(Buffer.from('abcdefgh'))
    const error = (yield* outcome(reader.readUntil('--'))) as LimitOverrunError
    expect(error).toBeInstanceOf(LimitOverrunError)
    expect({ consumed: error.consumed, message: error.message }).toEqual({
      consumed: 7,
      message: 'Separator is not found, and chunk exceed the limit: more than 4 bytes, see the option `limit`',
    })
    expect(yield* text(reader.readExactly(error.consumed))).toBe('abcdefg')
    reader.feedData(Buffer.from('--'))
    expect(yield* text(reader.readUntil('--'))).toBe('h--')
  })

  it('refuses an empty separator, and none', function* () {
    for (const separator of ['', Buffer.alloc(0), [], ['a', '']]) {
      expect(yield* outcome(new StreamReader().readUntil(separator))).toBeInstanceOf(RangeError)
    }
  })

  it('reads a line that comes byte by byte in time that grows with its length', function* () {
    const reader = new StreamReader({ limit: 300_000 })
    const byte = Buffer.from('x')
    const task = createTask(reader.readLine())
    for (let i = 0; i < 200_000; i++) {
      reader.feedData(byte)
      if (i % 1000 === 0) yield* sleep(0)
    }
    reader.feedData(Buffer.from('\n'))
    expect((yield* task).length).toBe(200_001)
  })
})

describe('StreamReader', () => {
  it('is iterated over line by line', function* () {
    const lines: string[] = []
    yield* forEach(readerOf('one\ntw', 'o\nrest'), function* (line) {
      lines.push(String(line))
    })
    expect(lines).toEqual(['one\n', 'two\n', 'rest'])
  })

  it('is iterated over by for await, with no loop', async () => {
    const lines: string[] = []
    for await (const line of StreamReader.from(Readable.from(['one\ntw', 'o\n', 'rest']))) lines.push(String(line))
    expect(lines).toEqual(['one\n', 'two\n', 'rest'])
  })

  it('holds the sender back with more than twice the limit unread, and lets it continue at the limit', function* () {
    const log: string[] = []
    const reader = new StreamReader({ limit: 4 })
    reader.setTransport({ pauseReading: () => log.push('pause'), resumeReading: () => log.push('resume') })
    reader.feedData(Buffer.from('12345678'))
    expect(log).toEqual([])
    reader.feedData(Buffer.from('9'))
    expect(log).toEqual(['pause'])
    yield* reader.read(4)
    expect([log, String(reader)]).toEqual([['pause'], '<StreamReader 5 bytes limit=4 paused>'])
    yield* reader.read(1)
    expect(log).toEqual(['pause', 'resume'])
  })

  it('lets the sender continue when a caller wants more than the limit', function* () {
    const reader = new StreamReader({ limit: 2 })
    let paused = false
    reader.setTransport({
      pauseReading: () => {
        paused = true
      },
      resumeReading: () => {
        paused = false
        getRunningLoop().callLater(1, () => reader.feedData(Buffer.from('67890')))
      },
    })
    reader.feedData(Buffer.from('12345'))
    expect(paused).toBe(true)
    expect(yield* text(reader.readExactly(10))).toBe('1234567890')
    yield* sleep(1) // the sender goes on once more
  })

  it('is printed as asyncio prints it', function* () {
    const reader = new StreamReader()
    expect(String(reader)).toBe('<StreamReader>')
    reader.feedData(Buffer.from('abc'))
    reader.feedEof()
    reader.setException(new Error('reset'))
    expect(String(reader)).toBe("<StreamReader 3 bytes eof exception=Error('reset')>")
    const waiting = new StreamReader()
    const task = createTask(waiting.read())
    yield* sleep(0)
    expect(String(waiting)).toMatch(/^<StreamReader waiter=<Future pending cb=\[.*\].*>>$/)
    task.cancel()
    yield* wait([task])
    expect(String(waiting)).toBe('<StreamReader>')
  })

  it('refuses a limit that is not above 0, and data after the end', () => {
    expect(() => new StreamReader({ limit: 0 })).toThrow(new RangeError('Limit cannot be <= 0'))
    expect(() => new StreamReader({ limit: Number.NaN })).toThrow(RangeError)
    const reader = new StreamReader()
    reader.feedEof()
    expect(() => reader.feedData(Buffer.from('x'))).toThrow(RuntimeError)
  })
})

describe('StreamReader.from', () => {
  it('reads a stream of Node, of bytes or strings, and one of the web', async () => {
    const web = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('bytes of the web'))
        controller.close()
      },
    })
    for (const [source, expected] of [
      [Readable.from([Buffer.from('by'), Buffer.from('tes')]), 'bytes'],
      [Readable.from(['strin', 'gs']), 'strings'],
      [web, 'bytes of the web'],
    ] as const) {
      expect(await run(text(StreamReader.from(source).read()))).toBe(expected)
    }
  })

  it('reads the data that arrived before a reset, and then throws', async () => {
    function* main(): Coroutine<string[]> {
      const stream = new PassThrough()
      const reader = StreamReader.from(stream)
      stream.write('one\ntwo')
      yield* sleep(5)
      stream.destroy(new Error('reset'))
      yield* sleep(5)
      return [
        String(yield* outcome(reader.readLine())),
        String(yield* outcome(reader.readLine())),
        String(yield* outcome(reader.read(100))),
        String(yield* outcome(reader.read(100))),
      ]
    }
    expect(await run(main())).toEqual(['one\n', 'Error: reset', 'two', 'Error: reset'])
  })

  it('throws the error of the stream', async () => {
    const failed = new Error('no such file')
    const stream = new PassThrough()
    setImmediate(() => stream.destroy(failed))
    expect(await run(outcome(StreamReader.from(stream).read()))).toBe(failed)
  })

  it('sees that a stream has ended, or failed, before', async () => {
    const ended = Readable.from(['x'])
    for await (const _chunk of ended);
    expect(await run(text(StreamReader.from(ended).read()))).toBe('')
    const failed = new PassThrough()
    failed.on('error', () => {})
    failed.destroy(new Error('before'))
    await new Promise(setImmediate)
    expect(String(await run(outcome(StreamReader.from(failed).read())))).toBe('Error: before')
  })

  it('holds back a stream that is faster than its reader', async () => {
    let made = 0
    const endless = new Readable({
      read() {
        made++
        this.push(Buffer.alloc(1000))
      },
    })
    function* main(): Coroutine<void> {
      const reader = StreamReader.from(endless, { limit: 10_000 })
      yield* sleep(50)
      const before = made
      yield* sleep(50)
      expect(made).toBe(before)
      expect(before).toBeLessThan(200)
      for (let i = 0; i < 1000; i++) yield* reader.readExactly(1000)
      expect(made).toBeGreaterThan(1000)
      expect(made).toBeLessThan(1200)
      endless.destroy()
    }
    await run(main())
  })

  it('refuses a value that is not a stream, and a stream that does not contain bytes', async () => {
    expect(() => StreamReader.from(5 as never)).toThrow(TypeError)
    const objects = Readable.from([{ a: 1 }])
    expect(String(await run(outcome(StreamReader.from(objects).read())))).toBe(
      'TypeError: a StreamReader reads bytes, but the stream produced { a: 1 }',
    )
  })

  it('releases a stream it does not own when its loop closes, without closing it', async () => {
    const stream = new PassThrough()
    function* firstLine(): Coroutine<string> {
      return yield* text(StreamReader.from(stream, { owned: false }).readLine())
    }
    stream.write('first\nsecond\n')
    expect(await run(firstLine())).toBe('first\n')
    const { destroyed } = stream
    const left = { listeners: stream.listenerCount('data'), paused: stream.isPaused(), destroyed }
    expect(left).toEqual({ listeners: 0, paused: true, destroyed: false })
    stream.end('third\n')
    expect(await run(firstLine())).toBe('third\n')
  })

  describe('closes the stream', () => {
    const left: Record<string, (stream: PassThrough) => Coroutine<unknown>> = {
      *'when it is closed, and says so to a later read'(stream) {
        const reader = StreamReader.from(stream)
        expect(String(yield* reader.readLine())).toBe('first\n')
        reader.close()
        expect(String(yield* outcome(reader.read(100)))).toBe('second\n') // what has come can still be read
        expect(String(yield* outcome(reader.read(100)))).toBe('RuntimeError: the StreamReader is closed')
      },
      *'at the end of a `using` block'(stream) {
        using reader = StreamReader.from(stream)
        yield* reader.readLine()
      },
      *'when forEach leaves it'(stream) {
        yield* forEach(StreamReader.from(stream), function* () {
          return false
        })
      },
      *'when forEach is cancelled while it waits'(stream) {
        const reader = StreamReader.from(stream)
        yield* moveOnAfter(5, () => forEach(reader, function* () {}))
      },
      *'when the Task that made it is cancelled'(stream) {
        const task = createTask(waitsForever(stream))
        yield* sleep(5)
        task.cancel()
        yield* wait([task])
        yield* sleep(0)
      },
      *'when the Task that made it fails'(stream) {
        const task = createTask(fails(stream))
        yield* wait([task])
        yield* sleep(0)
        expect(String(task.exception())).toBe('Error: failed')
      },
    }
    function* waitsForever(stream: PassThrough): Coroutine<void> {
      const reader = StreamReader.from(stream)
      yield* reader.readExactly(1000)
    }
    function* fails(stream: PassThrough): Coroutine<void> {
      yield* StreamReader.from(stream).readLine()
      throw new Error('failed')
    }

    it.each(Object.entries(left))('%s', async (_name, leave) => {
      const stream = new PassThrough()
      stream.write('first\nsecond\n')
      let destroyed: boolean | undefined
      function* main(): Coroutine<void> {
        yield* leave(stream)
        destroyed = stream.destroyed
      }
      await run(main())
      expect(destroyed).toBe(true)
    })

    it('when the loop closes', async () => {
      const stream = new PassThrough()
      stream.write('first\n')
      function* main(): Coroutine<string> {
        return yield* text(StreamReader.from(stream).readLine())
      }
      await run(main())
      expect({ destroyed: stream.destroyed }).toEqual({ destroyed: true })
    })

    it('of a hundred reads of a file that are cancelled: no descriptor stays open', async () => {
      const open = (): number => readdirSync('/proc/self/fd').length
      const before = open()
      function* reads(): Coroutine<void> {
        const reader = StreamReader.from(createReadStream('/dev/zero'))
        yield* reader.readUntil('never')
      }
      let after = Number.POSITIVE_INFINITY
      function* main(): Coroutine<void> {
        const tasks = Array.from({ length: 100 }, () => createTask(reads()))
        yield* sleep(1)
        for (const task of tasks) task.cancel()
        yield* wait(tasks)
        while (after > before + 3) {
          yield* sleep(5) // Node closes a file after its reads; a leak is seen by the test's time being up
          after = open()
        }
      }
      await run(main())
      expect(after).toBeLessThanOrEqual(before + 3)
    })
  })

  it('leaves nothing running when its Task is cancelled', async () => {
    const stream = new PassThrough()
    function* main(): Coroutine<unknown> {
      const task = createTask(StreamReader.from(stream).readLine())
      yield* sleep(5)
      task.cancel()
      return yield* outcome(task)
    }
    expect(await run(main())).toBeInstanceOf(CancelledError)
    stream.destroy()
  })
})
