import { CancelledError, type Coroutine, getRunningLoop } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import {
  type CoroutineIterable,
  call,
  coroutineIterator,
  createTask,
  currentTask,
  forEach,
  gather,
  run,
  sleep,
  type Task,
} from '../index.ts'
import { outcome } from '../outcome.fixture.ts'

describe('forEach', () => {
  it('opens nothing when a cancel is pending', async () => {
    let opened = 0
    function* main(): Coroutine<void> {
      currentTask()?.cancel()
      yield* forEach(
        () => {
          opened++
          return (async function* () {})()
        },
        () => sleep(0),
      )
    }
    await expect(run(main())).rejects.toThrow(CancelledError)
    expect(opened).toBe(0)
  })

  it('runs the block for each item of an iterable, one after another', function* () {
    const { log, say } = logger()
    yield* forEach(new Set([30, 10]), function* (delay) {
      say(`in ${delay}`)
      yield* sleep(delay)
      say(`out ${delay}`)
    })
    yield* forEach('ab', function* (letter) {
      say(letter)
    })
    expect(log).toEqual(['0 in 30', '30 out 30', '30 in 10', '40 out 10', '40 a', '40 b'])
  })

  it('stops when the block returns false, and closes the source', function* () {
    const log: unknown[] = []
    function* numbers(): Generator<number> {
      try {
        for (let number = 1; ; number++) yield number
      } finally {
        log.push('closed')
      }
    }
    yield* forEach(numbers(), function* (number) {
      log.push(number)
      return number === 3 ? false : undefined
    })
    yield* forEach(countingTo(9, log), function* (number) {
      log.push(number)
      return number === 2 ? false : undefined
    })
    expect(log).toEqual([1, 2, 3, 'closed', 1, 2, 'closing', 'closed'])
  })

  it('iterates over an async iterable', async () => {
    const log: unknown[] = []
    async function* letters(): AsyncGenerator<string> {
      try {
        yield 'a'
        await Promise.resolve()
        yield 'b'
      } finally {
        await Promise.resolve()
        log.push('closed')
      }
    }
    await run(
      (function* main(): Coroutine<void> {
        yield* forEach(letters(), function* (letter) {
          yield* sleep(0)
          log.push(letter)
        })
        yield* forEach(letters(), function* (letter) {
          log.push(letter)
          return false
        })
        const failing = forEach(letters(), function* () {
          throw new Error('in the block')
        })
        yield* failing
      })(),
    ).catch((error: Error) => log.push(error.message))
    expect(log).toEqual(['a', 'b', 'closed', 'a', 'closed', 'closed', 'in the block'])
  })

  it('throws the error of an async iterable, and does not close it again', async () => {
    const calls: string[] = []
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('broken')),
        return: () => {
          calls.push('return')
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
    function* main(): Coroutine<void> {
      yield* forEach(source, function* () {})
    }
    await expect(run(main())).rejects.toThrow('broken')
    expect(calls).toEqual([])
  })

  it('asks a source to close at once when it is cancelled, waits for that, and no longer than the grace time', async () => {
    const log: string[] = []
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          log.push('return')
          return new Promise(() => {})
        },
      }),
    }
    function* main(): Coroutine<void> {
      getRunningLoop().setExceptionHandler((_loop, { message }) => log.push(message))
      const task = createTask(forEach(source, function* () {}, { graceTime: 200 }))
      yield* sleep(0)
      task.cancel()
      yield* sleep(1)
      log.push(`done: ${task.done()}`)
      log.push(String(yield* outcome(task)))
    }
    await run(main())
    const report = 'next() has not ended 200 ms after its Task was cancelled, and is left running'
    expect(log).toEqual(['return', 'done: false', report, 'CancelledError'])
  })

  it('continues when the source has closed, even if it leaves its last step pending', async () => {
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => Promise.resolve({ done: true, value: undefined }),
      }),
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(forEach(source, function* () {}))
      yield* sleep(0)
      task.cancel()
      return yield* outcome(task)
    }
    expect(String(await run(main()))).toBe('CancelledError')
  })

  it.each<[name: string, close: () => Promise<never>]>([
    [
      'throws',
      () => {
        throw new Error('cannot close')
      },
    ],
    ['rejects', () => Promise.reject(new Error('cannot close'))],
  ])('has an error from closing as the cause of the CancelledError: return() %s', async (_how, close) => {
    let fail = (): void => {}
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_resolve, reject) => {
            fail = () => reject({ name: 'AbortError' })
          }),
        return: () => {
          setTimeout(fail, 1)
          return close()
        },
      }),
    }
    function* main(): Coroutine<unknown> {
      const task = createTask(forEach(source, function* () {}))
      yield* sleep(0)
      task.cancel()
      const error = (yield* outcome(task)) as Error
      return [String(error), String(error.cause)]
    }
    expect(await run(main())).toEqual(['CancelledError', 'Error: cannot close'])
  })

  it('begins no block after the request, not even for an item that had arrived', async () => {
    const begun: number[] = []
    function* main(): Coroutine<void> {
      for (const source of [
        [1, 2, 3],
        (async function* () {
          yield* [1, 2, 3]
        })(),
      ]) {
        const task: Task = createTask(
          forEach(source as Iterable<number>, function* (n) {
            begun.push(n)
            yield* call(() => new Promise<void>((resolve) => setTimeout(resolve, 1))) // puts the request off
          }),
        )
        while (begun.at(-1) !== 2) yield* sleep(0)
        task.cancel()
        begun.push(0)
        yield* outcome(task)
      }
    }
    await run(main())
    expect(begun).toEqual([1, 2, 0, 1, 2, 0])
  })

  it('closes its source, wherever it is cancelled', async () => {
    let log: unknown[] = []
    const { runs } = await explore(
      function* program() {
        log = []
        yield* forEach(countingTo(2, log), function* () {
          log.push('in')
          yield* sleep(1)
          log.push('out')
        })
      },
      {
        cancel: 'main',
        times: 'written',
        check: ({ cancelled }) => {
          // Between two items there is nobody to be closed: what waits for the next one is cancelled itself.
          if (cancelled.length === 0) expect(log).toEqual(['in', 'out', 'in', 'out', 'end'])
          else if (log.includes('closing')) expect(log.slice(-3)).toEqual(['in', 'closing', 'closed'])
          else expect(log.at(-1)).not.toBe('in')
        },
      },
    )
    expect(runs).toBe(2 + 11)
  })

  it('throws the error of the block rather than an error of closing the source', function* () {
    const source: CoroutineIterable<number> = {
      [coroutineIterator]: () => ({
        *next(): Coroutine<IteratorResult<number>> {
          return { done: false, value: 1 }
        },
        *return(): Coroutine<void> {
          throw new Error('cannot close')
        },
      }),
    }
    const failing = createTask(
      forEach(source, function* () {
        throw new Error('in the block')
      }),
    )
    const leaving = createTask(
      forEach(source, function* () {
        return false
      }),
    )
    const outcomes = yield* gather([failing, leaving], { returnExceptions: true })
    expect(outcomes.map(String)).toEqual(['Error: in the block', 'Error: cannot close'])
  })

  it('is a coroutine: it is awaited once, and an error that a Task throws into it reaches the block', function* () {
    const log: string[] = []
    const source = (function* () {
      try {
        yield* [1, 2]
      } finally {
        log.push('closed')
      }
    })()
    const each = forEach(source, function* (number) {
      try {
        if (number === 2) yield 'no awaitable' as never
      } catch (error) {
        log.push(String(error))
        throw error
      }
    })
    const error = yield* outcome(each)
    expect(log).toEqual([String(error), 'closed'])
    expect(String(error)).toMatch(/^RuntimeError: Task got bad yield: 'no awaitable'/)
    expect(() => each[Symbol.iterator]()).toThrow('cannot reuse already awaited coroutine <coroutine object forEach>')
  })

  it('refuses what cannot be iterated over, and says so at the call', function* () {
    const block = function* (): Coroutine<void> {}
    expect(() => forEach(42 as never, block)).toThrow(
      'forEach() takes a queue, an iterable or an async iterable, got 42',
    )
    expect(() => forEach([1], undefined as never)).toThrow('forEach() takes a block, got undefined')
    const plain = forEach([1], (() => 7) as never)
    const fetched = forEach(fetchList() as never, block)
    const outcomes = yield* gather([createTask(plain), createTask(fetched)], { returnExceptions: true })
    expect(outcomes.map((outcome) => (outcome as Error).message)).toEqual([
      expect.stringContaining('forEach() expected its block to return an awaitable, got 7'),
      expect.stringContaining('did you forget `yield*`? forEach() got a coroutine'),
    ])
    const opens = (first: number) => [first]
    expect(() => forEach(opens.bind(undefined) as never, function* () {})).toThrow(
      'forEach() cannot know whether bound opens expects a signal.',
    )
  })
})

function* fetchList(): Coroutine<number[]> {
  yield* sleep(1)
  return [1, 2]
}

function countingTo(last: number, log: unknown[]): CoroutineIterable<number> {
  let number = 0
  return {
    [coroutineIterator]: () => ({
      *next(): Coroutine<IteratorResult<number>> {
        yield* sleep(1)
        if (number < last) return { done: false, value: ++number }
        log.push('end')
        return { done: true, value: undefined }
      },
      *return(): Coroutine<void> {
        log.push('closing')
        yield* sleep(1)
        log.push('closed')
      },
    }),
  }
}

function logger(): { log: string[]; say(text: string): void } {
  const log: string[] = []
  const loop = getRunningLoop()
  const start = loop.time()
  return { log, say: (text) => log.push(`${loop.time() - start} ${text}`) }
}
