import { type Future, getRunningLoop, setEventLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { sleep } from '../coroutines/sleep.ts'
import { thrown } from '../outcome.fixture.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { gather } from './gather.ts'
import { shield } from './shield.ts'

describe('shield', () => {
  it('keeps a gather going', function* () {
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
  })

  it('makes a Task of a coroutine in the running loop', function* () {
    const outer = shield(sleep(10, 42))
    expect({ isSameLoop: outer.getLoop() === getRunningLoop(), outer: yield* outer }).toEqual({
      isSameLoop: true,
      outer: 42,
    })
  })

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
      loop.close()
    }
  })

  it('leaves nothing behind with a Future that very many waited for in vain', function* () {
    const inner = future()
    const before = new Set(inner.waiting())
    const outers = Array.from({ length: longForm ? 100_000 : 20_000 }, () => shield(inner))
    for (const outer of outers) outer.cancel()
    expect(new Set(inner.waiting())).toEqual(before)
    inner.cancel()
  })
})

function future<T = void>(): Future<T> {
  return getRunningLoop().createFuture<T>()
}
