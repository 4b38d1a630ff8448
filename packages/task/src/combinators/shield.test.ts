import {
  CancelledError,
  type Coroutine,
  type Future,
  getRunningLoop,
  setEventLoop,
  TimeoutError,
  VirtualClock,
} from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { gather } from './gather.ts'
import { shield } from './shield.ts'
import { waitFor } from './wait-for.ts'

describe('shield', () => {
  // CPython: test_tasks.BaseTaskTests.test_shield_result
  it(
    'passes on the result',
    inVirtualTime(function* () {
      const inner = future<number>()
      const outer = shield(inner)
      inner.setResult(42)
      expect(outer.done()).toBe(false)
      expect(yield* outer).toBe(42)
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_exception
  it(
    'passes on the exception',
    inVirtualTime(function* () {
      const inner = future()
      const outer = shield(inner)
      const error = new Error('expected')
      inner.setException(error)
      expect(yield* thrown(outer)).toBe(error)
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_inner
  it(
    'is cancelled when what it shields is',
    inVirtualTime(function* () {
      const inner = future()
      const outer = shield(inner)
      inner.cancel('inner')
      yield* sleep(0)
      expect({ cancelled: outer.cancelled(), thrown: String(yield* thrown(outer)) }).toEqual({
        cancelled: true,
        thrown: 'CancelledError',
      })
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer
  // gh-155143, gh-155854
  it(
    'leaves what it shields alone when it is cancelled, and no callback with it',
    inVirtualTime(function* () {
      const inner = future()
      const outer = shield(inner)
      outer.cancel()
      expect([outer.cancelled(), inner.cancelled(), inner.waiting()]).toEqual([true, false, []])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_result
  it(
    'takes no notice of a result that comes after it was cancelled',
    inVirtualTime(function* () {
      const inner = future<number>()
      const outer = shield(inner)
      outer.cancel()
      inner.setResult(1)
      yield* sleep(0)
      expect(outer.cancelled()).toBe(true)
      const late = future<number>()
      const cancelledLate = shield(late)
      late.setResult(1)
      cancelledLate.cancel()
      yield* sleep(0)
      expect(cancelledLate.cancelled()).toBe(true)
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_cancel_outer_exception
  // CPython: test_tasks.BaseTaskTests.test_shield_duplicate_log_once
  it('reports an exception that nothing waits for any more once, as never retrieved', () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const reports: unknown[] = []
    loop.setExceptionHandler((_loop, { message, exception }) => reports.push(message, exception))
    const error = new Error('nobody sees it')
    loop.runUntilCompleteSync(
      (function* () {
        const inner = future()
        for (let i = 0; i < 3; i++) shield(inner).cancel()
        yield* sleep(0)
        inner.setException(error)
        yield* sleep(10)
      })(),
    )
    expect(reports).toEqual([])
    loop.close()
    expect(reports).toEqual(['Future exception was never retrieved', error])
  })

  // gh-156321
  it(
    'reports no exception that somebody catches later',
    inVirtualTime(function* () {
      function* failing(): Coroutine<void> {
        yield* sleep(100)
        throw new Error('caught, not reported')
      }
      const inner = createTask(failing())
      expect(yield* thrown(waitFor(shield(inner), 50))).toBeInstanceOf(TimeoutError)
      yield* sleep(1000)
      expect(String(yield* thrown(inner))).toBe('Error: caught, not reported')
    }), // which fails when anything is reported
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_shortcut
  it(
    'gives back what is done already',
    inVirtualTime(function* () {
      const inner = future<number>()
      inner.setResult(42)
      expect(shield(inner)).toBe(inner)
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_effect
  it(
    'keeps a coroutine going when the Task that waits for it is cancelled',
    inVirtualTime(function* () {
      const log: string[] = []
      function* inner(): Coroutine<void> {
        yield* sleep(10)
        log.push('inner done')
      }
      function* outer(): Coroutine<void> {
        yield* shield(inner())
        log.push('outer done')
      }
      const task = createTask(outer())
      yield* sleep(0)
      task.cancel('stop')
      expect(String(yield* thrown(task))).toBe('CancelledError: stop')
      yield* sleep(20)
      expect(log).toEqual(['inner done'])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_gather
  it(
    'keeps a gather going',
    inVirtualTime(function* () {
      const children = [future<number>(), future<number>()] as const
      const parent = gather(children)
      const outer = shield(parent)
      const task = createTask(
        (function* () {
          return yield* outer
        })(),
      )
      yield* sleep(0)
      task.cancel()
      yield* thrown(task)
      expect({ outerCancelled: outer.cancelled(), childrenCancelled: children[0].cancelled() }).toEqual({
        outerCancelled: true,
        childrenCancelled: false,
      })
      children[0].setResult(1)
      children[1].setResult(2)
      expect(yield* parent).toEqual([1, 2])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_gather_shield
  it(
    'saves children of a gather that is cancelled',
    inVirtualTime(function* () {
      const children = [future<number>(), future<number>()] as const
      const parent = gather(children.map((child) => shield(child)))
      parent.cancel()
      expect(yield* thrown(parent)).toBeInstanceOf(CancelledError)
      expect(children.map((child) => child.cancelled())).toEqual([false, false])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_coroutine_use_running_loop
  it(
    'makes a Task of a coroutine in the running loop',
    inVirtualTime(function* () {
      const outer = shield(sleep(10, 42))
      expect({ isSameLoop: outer.getLoop() === getRunningLoop(), outer: yield* outer }).toEqual({
        isSameLoop: true,
        outer: 42,
      })
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_shield_coroutine_without_loop
  // CPython: test_tasks.BaseTaskTests.test_shield_coroutine_use_global_loop
  it('creates it, outside a running loop, in the loop that was set', () => {
    const loop = newEventLoop()
    setEventLoop(loop)
    try {
      const outer = shield(sleep(10, 42))
      expect({ isSameLoop: outer.getLoop() === loop, result: loop.runUntilCompleteSync(outer) }).toEqual({
        isSameLoop: true,
        result: 42,
      })
      setEventLoop(undefined)
      expect(() => shield(sleep(10, 42))).toThrow('There is no current event loop')
    } finally {
      setEventLoop(undefined)
      loop.close()
    }
  })

  it(
    'leaves nothing behind with a Future that very many waited for in vain',
    inVirtualTime(function* () {
      const inner = future()
      const before = new Set(inner.waiting())
      const outers = Array.from({ length: longForm ? 100_000 : 20_000 }, () => shield(inner))
      for (const outer of outers) outer.cancel()
      expect(new Set(inner.waiting())).toEqual(before)
      inner.cancel()
    }),
  )

  it('never cancels the shielded Task, wherever the waiting Task is cancelled', async () => {
    let inner: Future<string>
    await cancelEverywhere(
      function* () {
        inner = createTask(sleep(10, 'inner'))
        return yield* shield(inner)
      },
      function* ({ point }) {
        if (point !== 1) expect([yield* inner, inner.waiting()]).toEqual(['inner', []])
      },
    )
  })
})

function future<T = void>(): Future<T> {
  return getRunningLoop().createFuture<T>()
}

function* thrown(awaitable: Coroutine<unknown> | Future): Coroutine<unknown> {
  try {
    yield* awaitable
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
