import { type Coroutine, getRunningLoop, RuntimeError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { leavesNothing } from '../leaves-nothing.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { type ExitOutcome, type ExitStack, exitStack } from './exit-stack.ts'

function* closing(log: string[], name: string, { status }: ExitOutcome): Coroutine<void> {
  yield* sleep(5)
  log.push(`${name} closed, ${status}`)
}

describe('exitStack', () => {
  it('closes the resources, the last first, and returns the result of the block', function* () {
    const log: string[] = []
    const result = yield* exitStack(function* (stack) {
      const first = yield* stack.enter(
        () => sleep(5, 'first'),
        (name, how) => closing(log, name, how),
      )
      stack.defer((how) => log.push(`deferred, ${how.status}`))
      const used = stack.use({ name: 'used', [Symbol.dispose]: () => void log.push('used disposed') })
      return `${first} ${used.name}`
    })
    expect({ result, log }).toEqual({
      result: 'first used',
      log: ['used disposed', 'deferred, returned', 'first closed, returned'],
    })
  })

  it('closes all, whatever one of them throws, and throws the last error with the others as causes', function* () {
    const log: string[] = []
    const error = (yield* outcome(
      exitStack(function* (stack) {
        stack.defer((how) => log.push(`last, ${how.status}`))
        stack.defer(() => {
          throw new Error('second')
        })
        stack.defer(() => Promise.reject(new Error('first')))
        yield* sleep(1)
        throw new Error('block')
      }),
    )) as Error
    const first = error.cause as Error
    expect({ log, errors: [error.message, first.message, (first.cause as Error).message] }).toEqual({
      log: ['last, threw'],
      errors: ['second', 'first', 'block'],
    })
  })

  it('reports the error of the block if the error of `release` cannot have it as a cause', function* () {
    const inBlock = new Error('block')
    const log: string[] = []
    const reported: unknown[] = []
    getRunningLoop().setExceptionHandler((_, { exception }) => reported.push(exception))
    const detailed = new Error('release', { cause: { code: 5 } })
    const fixed = Object.defineProperty(new Error('release'), 'cause', { value: undefined })
    for (const inRelease of [Object.freeze(new Error('release')), detailed, fixed, 'release']) {
      const error = yield* outcome(
        exitStack(function* (stack) {
          stack.defer(() => log.push('the first exit runs'))
          stack.defer(() => {
            throw inRelease
          })
          throw inBlock
        }),
      )
      expect(error).toBe(inRelease)
    }
    expect(reported).toEqual([inBlock, inBlock, inBlock, inBlock])
    expect(log).toHaveLength(4)
  })

  it('refuses to open anything after its block has ended, and closes a late resource', function* () {
    const log: string[] = []
    let late: ExitStack | undefined
    const opening = yield* exitStack(function* (stack) {
      late = stack
      const task = createTask(
        stack.enter(
          () => sleep(10, 'late'),
          (name, how) => closing(log, name, how),
        ),
      )
      yield* sleep(1)
      return task
    })
    const message = 'The block of this exitStack() has ended'
    expect(yield* outcome(opening)).toEqual(new RuntimeError(message))
    expect(() => late?.defer(() => {})).toThrow(message)
    expect(() => late?.use({ [Symbol.dispose]: () => {} })).toThrow(message)
    expect(log).toEqual(['late closed, returned'])
  })

  it('closes everything that was opened, wherever and however often it is cancelled', () =>
    leavesNothing(function* (open) {
      yield* exitStack(function* (stack) {
        for (let n = 0; n < 3; n++) {
          yield* stack.enter(
            function* () {
              yield* sleep(2)
              open.count++
              yield* sleep(2)
            },
            function* () {
              yield* sleep(2)
              open.count--
            },
          )
          yield* sleep(1)
        }
      })
      yield* sleep(1)
    }))

  it('refuses bad input', function* () {
    expect(() => exitStack(5 as never)).toThrow('exitStack() takes a block, got 5')
    yield* exitStack(function* (stack) {
      expect(() => stack.defer(5 as never)).toThrow('stack.defer() takes a function, got 5')
      expect(() => stack.use({} as never)).toThrow('stack.use() takes a disposable, got {}')
      expect(() => stack.enter(5 as never)).toThrow('stack.enter() takes a function that opens something, got 5')
    })
  })
})
