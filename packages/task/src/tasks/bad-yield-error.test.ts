import type { Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from './ensure-future.ts'

/** What it is in plain JavaScript. */
const anything = (value: unknown): Coroutine<unknown> => value as Coroutine<unknown>

function* errorOf(main: () => Coroutine<unknown>): Coroutine<Error> {
  try {
    yield* createTask(main())
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

const PROMISE =
  /is not iterable.*\. `yield\*` takes a coroutine, Future or Task; a promise is awaited as `yield\* ensureFuture\(promise\)`$/
const promise = Promise.resolve(1)

describe('yield* on a value that is not awaitable', () => {
  it.each([
    ['a variable', () => bare(promise)],
    ['after a wait', () => late(promise)],
    ['in a coroutine()', () => framed(promise)],
    ['what a call returned', calls],
  ])('names ensureFuture for a promise: %s', function* (_name: string, main: () => Coroutine<unknown>) {
    const error = yield* errorOf(main)
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(PROMISE)
    expect(error.stack).toContain(`TypeError: ${error.message}\n`)
    expect(error.stack).toContain('bad-yield-error.test.ts')
  })

  it.each([
    ['coroutines', () => [sleep(1), sleep(2)]],
    ['promises', () => [promise]],
  ])(
    'names gather for a list, and the line: %s',
    function* (_name: string, list: () => unknown[]) {
      expect((yield* errorOf(() => bare(list()))).message).toMatch(
        /^`yield\*` was given an iterable of something else than awaitables \(in bare\(\) running at \S*bad-yield-error\.test\.ts:\d+\)\. To wait for a list of them write `yield\* gather\(\[…\]\)`$/,
      )
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('leaves other errors alone', function* () {
    const error = yield* errorOf(function* () {
      return [...(promise as unknown as unknown[])]
    })
    expect(error.message).toMatch(/iterable/i) // in the words of each engine
    expect(error.message).not.toMatch(/ensureFuture|yield\*/)
  })
})

function* bare(value: unknown): Coroutine<void> {
  yield* anything(value)
}

function* late(value: unknown): Coroutine<void> {
  yield* sleep(1)
  yield* anything(value)
}

const framed = coroutine(function* framed(value: unknown): Coroutine<void> {
  yield* late(value)
})

function* calls(): Coroutine<void> {
  const call = (): unknown => promise
  yield* (call as () => Coroutine<unknown>)()
}
