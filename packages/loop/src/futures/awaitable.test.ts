import { describe, expect, it } from 'vitest'
import { newLoop } from '../new-loop.fixture.ts'
import { thrownBy } from '../thrown-by.fixture.ts'
import { AlreadyAwaited, isAwaitable, isSuspension, RESUMED, Suspension } from './awaitable.ts'

describe('Suspension', () => {
  it('is yielded while its Future is pending, and returns the result when it is resumed', () => {
    const future = newLoop().createFuture<number>()
    const suspension = new Suspension(future)
    const asked = suspension.next()
    suspension.take()
    future.setResult(42)
    const resumed = suspension.next(RESUMED)
    expect(asked.done).toBe(false)
    expect(asked.value).toBe(suspension)
    expect({ done: resumed.done, value: resumed.value }).toEqual({ done: true, value: 42 })
  })

  it('that no Task took throws when it is resumed or closed', () => {
    const future = newLoop().createFuture<number>()
    const [spread, destructured, taken] = [new Suspension(future), new Suspension(future), new Suspension(future)]
    for (const suspension of [spread, destructured, taken]) suspension.next()
    taken.take()
    const message =
      'TypeError: did you forget `yield*`? <Future pending> was iterated over (by a spread, a destructuring or for…of) instead of awaited'
    expect([thrownBy(() => spread.next()), thrownBy(() => destructured.return(1)), taken.return(1)]).toEqual([
      message,
      message,
      { done: true, value: 1 },
    ])
  })

  it('that is closed before its first step does not throw, because nothing was lost', () => {
    expect(new Suspension(newLoop().createFuture<number>()).return(7)).toEqual({ done: true, value: 7 })
  })

  it('yields a clear error when it is resumed too early', () => {
    const suspension = new Suspension(newLoop().createFuture<number>())
    suspension.next()
    suspension.take()
    const { done, value } = suspension.next(RESUMED) as { done: unknown; value: unknown }
    const error = value instanceof AlreadyAwaited && String(value.error)
    const text = /^RuntimeError: coroutine is being awaited already: it waits for <Future pending>\. Make one/
    expect({ done, error }).toEqual({ done: false, error: expect.stringMatching(text) })
  })

  it('is recognised by isSuspension(), from any copy of the package', () => {
    const branded = { [Symbol.for('spindle.suspension')]: true }
    const suspensions = [new Suspension(undefined), branded]
    const others = [{}, null, undefined, 1, 'text', Symbol('s'), () => {}]
    expect([...others, ...suspensions].filter(isSuspension)).toEqual(suspensions)
  })
})

describe('isAwaitable', () => {
  it('is true for a value with an iterator that is not a collection', () => {
    const awaitable = [newLoop().createFuture(), (function* () {})(), { [Symbol.iterator]() {} }]
    const not = [[1], new Map(), new Set(), new Uint8Array(1), 'text', {}, null, undefined, 3, Promise.resolve()]
    const found = [...not, ...awaitable].filter(isAwaitable)
    expect({ length: found.length, others: found.filter((one) => !awaitable.includes(one as never)) }).toEqual({
      length: awaitable.length,
      others: [],
    })
  })
})
