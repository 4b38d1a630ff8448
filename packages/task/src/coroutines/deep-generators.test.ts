import { CancelledError, type Coroutine, getRunningLoop } from '@spindle/loop'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { runSync } from '../run/runner.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { coroutine } from './coroutine.ts'
import { installDeepGenerators } from './deep-generators.ts'
import { generatorPrototype } from './generators.ts'
import { sleep } from './sleep.ts'

const before = Object.getOwnPropertyDescriptor(generatorPrototype, Symbol.iterator)
beforeAll(() => installDeepGenerators())
afterAll(() => {
  // Other files may share this process.
  if (before === undefined) Reflect.deleteProperty(generatorPrototype, Symbol.iterator)
  else Reflect.defineProperty(generatorPrototype, Symbol.iterator, before)
})

describe('deep generators', () => {
  it('resume the innermost generator alone, however deep it is', () => {
    let resumed = 0
    // One that counts how often it is asked to go on, at each level between the Task and the innermost.
    function* level(depth: number): Coroutine<string> {
      if (depth > 0) return yield* counting(level(depth - 1))
      for (let round = 0; round < 10; round++) yield* sleep(0)
      return 'done'
    }
    function counting(generator: Coroutine<string>): Coroutine<string> {
      return {
        [Symbol.iterator]() {
          const iterator = generator[Symbol.iterator]()
          return {
            next: (value: unknown) => {
              resumed++
              return iterator.next(value as never)
            },
          }
        },
      } as never
    }
    function* plain(depth: number): Coroutine<string> {
      if (depth > 0) return yield* plain(depth - 1)
      return yield* level(1)
    }
    // counting() hides the frame of level(0) from `yield*`, so level(1) is the innermost frame that is resumed.
    expect(runSync(plain(300))).toBe('done')
    expect(resumed).toBe(2) // its first step, and its outcome: the ten rounds between go to the frame itself
  })

  it('pass results and errors on, and let the generators between clean up', () => {
    const log: string[] = []
    function* fails(depth: number): Coroutine<string> {
      try {
        if (depth > 0) return yield* fails(depth - 1)
        yield* sleep(0)
        throw new Error('deep down')
      } finally {
        yield* sleep(0)
        log.push(`finally ${depth}`)
      }
    }
    function* main(): Coroutine<string> {
      try {
        return yield* fails(3)
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(runSync(main())).toBe('deep down')
    expect(log).toEqual(['finally 0', 'finally 1', 'finally 2', 'finally 3'])
  })

  it('are cancelled where they wait', () => {
    const log: string[] = []
    function* waits(depth: number): Coroutine<void> {
      try {
        if (depth > 0) yield* waits(depth - 1)
        else yield* getRunningLoop().createFuture()
      } catch (error) {
        log.push(`${depth}: ${error instanceof CancelledError ? 'cancelled' : error}`)
        throw error
      }
    }
    function* main(): Coroutine<string> {
      const task = createTask(waits(2))
      yield* sleep(0)
      task.cancel()
      yield* gather([task], { returnExceptions: true })
      return `cancelled: ${task.cancelled()}`
    }
    expect(runSync(main())).toBe('cancelled: true')
    expect(log).toEqual(['0: cancelled', '1: cancelled', '2: cancelled'])
  })

  it('nest through wrapped coroutines and back, deeper than the stack of either', () => {
    const wrapped = coroutine(function* wrapped(depth: number): Coroutine<number> {
      return depth === 0 ? yield* plain(0) : 1 + (yield* plain(depth - 1))
    })
    function* plain(depth: number): Coroutine<number> {
      if (depth === 0) return yield* sleep(0, 1)
      return 1 + (yield* wrapped(depth - 1))
    }
    expect(runSync(plain(2000))).toBe(2001)
  })

  it('leave ordinary generators unchanged', () => {
    function* numbers(): Generator<number, string> {
      try {
        const sent: unknown = yield 1
        yield sent as number
        yield* [3, 4]
        return 'end'
      } finally {
        log.push('closed')
      }
    }
    function* tree(depth: number): Generator<number> {
      if (depth > 0) yield* tree(depth - 1)
      yield depth
    }
    const log: string[] = []
    function* main(): Coroutine<unknown> {
      const all: unknown[] = []
      for (const round of [1, 2]) {
        all.push([...tree(500)].length, Array.from(numbers()).length, round)
        for (const one of numbers()) {
          yield* sleep(0)
          if (one === undefined) break
        }
        const [first] = numbers()
        all.push(first)
        const byHand = numbers()[Symbol.iterator]()
        all.push(byHand.next().value, byHand.next(2 as never).value, byHand.return('early').value)
      }
      return all
    }
    const once = [501, 4]
    const rest = [1, 1, 2, 'early']
    expect(runSync(main())).toEqual([...once, 1, ...rest, ...once, 2, ...rest])
    expect(log).toHaveLength(8)
  })

  it('behave normally outside Tasks', () => {
    const generator = sleepy()
    expect(generator[Symbol.iterator]()).toBe(generator)
  })

  it('throw a clear error when a value is yielded that is not awaitable', () => {
    function* wrong(): Coroutine<void> {
      yield 3 as never
    }
    function* main(): Coroutine<void> {
      yield* wrong()
    }
    expect(() => runSync(main())).toThrow('bad yield: 3')
  })
})

function* sleepy(): Coroutine<void> {
  yield* sleep(0)
}
