import { CancelledError, type Coroutine, createTask, sleep, TimeoutError, timeout } from 'spindle'
import { describe, expect } from 'vitest'
import { assertThrows } from './assert-throws.ts'
import { it } from './vitest.ts'

function* failing(): Coroutine<void> {
  yield* sleep(1)
  throw new RangeError('out of range')
}

describe('assertThrows', () => {
  it('returns the error of a coroutine, a block or an awaitable', function* () {
    expect((yield* assertThrows(failing(), RangeError)).message).toBe('out of range')
    expect(yield* assertThrows(() => failing())).toBeInstanceOf(RangeError)
    expect(yield* assertThrows(createTask(failing()), /^out/)).toBeInstanceOf(RangeError)
    expect(yield* assertThrows(failing, 'of range')).toBeInstanceOf(RangeError)
  })

  it('fails if nothing is thrown, and names the returned value', function* () {
    const error = yield* assertThrows(assertThrows(sleep(1, 'done'), TypeError), Error)
    expect(error).toMatchObject({
      name: 'AssertionError',
      message: "a TypeError was expected, but 'done' was returned",
    })
  })

  it('fails if something else is thrown, which is the cause', function* () {
    for (const expected of [TypeError, 'in range', /^of/]) {
      const error = yield* assertThrows(assertThrows(failing(), expected), 'was thrown')
      expect(error).toMatchObject({ name: 'AssertionError', cause: new RangeError('out of range') })
    }
  })

  it('refuses what it cannot run, which throws nothing of its own', function* () {
    const wrong = [5, () => 5, async () => 5, Promise.resolve(5)]
    for (const block of wrong) {
      const error = yield* assertThrows(assertThrows(block as never))
      expect(String(error)).toMatch(
        /^TypeError: assertThrows\(\) takes a coroutine, or a block that returns one, got .+\. /,
      )
    }
    const error = yield* assertThrows(assertThrows(failing(), 1 as never), TypeError)
    expect(error.message).toBe('assertThrows() expects a class, a part of the message or a pattern, got 1')
  })

  it('takes a CancelledError of the coroutine, and passes on that of the caller', function* () {
    const other = createTask(sleep(10))
    other.cancel()
    yield* assertThrows(other, CancelledError)
    yield* assertThrows(
      timeout(5, () => assertThrows(sleep(10))),
      TimeoutError,
    )
  })
})
