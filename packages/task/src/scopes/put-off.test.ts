import { type Awaitable, CancelledError, type Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { call } from '../bridges/call.ts'
import { gather } from '../combinators/gather.ts'
import { gatherMap } from '../combinators/gather-map.ts'
import { shield } from '../combinators/shield.ts'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { resource } from './resource.ts'
import { taskGroup } from './task-group.ts'
import { timeout } from './timeout.ts'
import { uncancellable } from './uncancellable.ts'

/** Sends COMMIT, which a cancellation does not interrupt. */
const commit = (name = 'committed'): Coroutine<string> => uncancellable(() => sleep(10, name))

const after = <T = void>(ms: number, value?: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value as T), ms))

/** How a Task ends that runs `work`, waits once more, and is cancelled after 5 ms. */
function* stopped(work: Awaitable<unknown>): Coroutine<unknown[]> {
  const log: unknown[] = []
  const task = createTask(function* () {
    log.push(yield* work)
    yield* sleep(10)
    log.push('went on')
  })
  yield* sleep(5)
  task.cancel('stop')
  log.push(String(yield* outcome(task)), task.cancelling())
  return log
}

describe('A cancellation that is put off', () => {
  it('does not replace the result of a Task that returns before its next await', function* () {
    const task = createTask(commit())
    yield* sleep(5)
    task.cancel()
    expect({ result: yield* task, cancelled: task.cancelled(), cancelling: task.cancelling() }).toEqual({
      result: 'committed',
      cancelled: false,
      cancelling: 1,
    })
  })

  it('does not replace the error of a Task either', function* () {
    const task = createTask(
      uncancellable(function* () {
        yield* sleep(10)
        throw new Error('constraint')
      }),
    )
    yield* sleep(5)
    task.cancel()
    expect(yield* outcome(task)).toEqual(new Error('constraint'))
  })

  it('reaches the Task that passed it on at its own next await', function* () {
    expect(yield* stopped(createTask(commit()))).toEqual(['committed', 'CancelledError: stop', 1])
  })

  it('is put off by a call that is not told to abort', async () => {
    let paid = 0
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const pay = (): Coroutine<string> =>
      call(async () => {
        await gate
        return `paid ${++paid}`
      })
    const told = await run(function* () {
      const task = createTask(pay())
      const list = createTask(function* () {
        const results = yield* gather([pay(), pay()])
        return results.length
      })
      yield* sleep(1)
      task.cancel()
      list.cancel()
      open()
      return [yield* outcome(task), yield* outcome(list), task.cancelling(), paid]
    })
    expect(told).toEqual(['paid 1', 2, 1, 3])
  })

  it('passes through any number of Tasks', function* () {
    const outer = createTask(function* () {
      return yield* createTask(function* () {
        return yield* createTask(commit())
      })
    })
    expect(yield* stopped(outer)).toEqual(['committed', 'CancelledError: stop', 1])
  })

  it('reaches the Task that passed it on also behind an error', function* () {
    const log: unknown[] = []
    const child = createTask(
      uncancellable(function* () {
        yield* sleep(10)
        throw new Error('constraint')
      }),
    )
    const task = createTask(function* () {
      log.push(yield* outcome(child))
      yield* sleep(10)
    })
    yield* sleep(5)
    task.cancel()
    log.push(yield* outcome(task))
    expect(log).toEqual([new Error('constraint'), expect.any(CancelledError)])
  })

  it('lets a gather deliver its list if all children have returned', function* () {
    expect(yield* stopped(gather([commit('a'), commit('b')]))).toEqual([['a', 'b'], 'CancelledError: stop', 1])
    expect(yield* stopped(gather([sleep(1, 'a'), gather([commit('b')])]))).toEqual([
      ['a', ['b']],
      'CancelledError: stop',
      1,
    ])
  })

  it('cancels a gather with a child that was cancelled', function* () {
    expect(yield* stopped(gather([commit(), sleep(100)]))).toEqual(['CancelledError: stop', 1])
    expect(yield* stopped(gather([commit(), sleep(100)], { returnExceptions: true }))).toEqual([
      'CancelledError: stop',
      1,
    ])
  })

  it('lets a gatherMap and a group deliver', function* () {
    expect(yield* stopped(gatherMap(['a', 'b'], commit))).toEqual([['a', 'b'], 'CancelledError: stop', 1])
    const group = taskGroup(function* (group) {
      group.createTask(commit())
      return 'the result of the group'
    })
    expect(yield* stopped(group)).toEqual(['the result of the group', 'CancelledError: stop', 1])
  })

  it('cancels a group with a Task that was cancelled', function* () {
    const group = taskGroup(function* (group) {
      group.createTask(commit())
      group.createTask(sleep(100))
      return 'the result of the group'
    })
    expect(yield* stopped(group)).toEqual(['CancelledError: stop', 1])
  })

  it('tells the truth about the outcome of a resource', async () => {
    let committed = 0
    const transfer = (): Coroutine<string> =>
      resource(
        () => sleep(1, 'a transaction'),
        (_, { status }) =>
          call(async () => {
            await after(2)
            if (status === 'returned') committed++
          }),
        () => call(async () => after(2, 'paid')),
      )
    for (let at = 0; at < 10; at++) {
      const before = committed
      const told = await run(function* () {
        const task = createTask(transfer())
        yield* sleep(at)
        task.cancel()
        return String(yield* outcome(task))
      })
      expect([at, told]).toEqual([at, committed > before ? 'paid' : 'CancelledError'])
    }
  })

  it('is retracted by the timeout that requested it', function* () {
    const task = createTask(function* () {
      const result = yield* timeout(5, () => createTask(commit()))
      yield* sleep(10)
      return result
    })
    expect([yield* task, task.cancelling()]).toEqual(['committed', 0])
  })

  it('does not pass a shield', function* () {
    const inner = createTask(commit())
    expect(yield* stopped(shield(inner))).toEqual(['CancelledError: stop', 1])
    expect([yield* inner, inner.cancelling()]).toEqual(['committed', 0])
  })

  it('does not hide a request in the last step, which cancels as in asyncio', function* () {
    const task = createTask(function* () {
      const result = yield* commit()
      task.cancel('by itself')
      return result
    })
    yield* sleep(5)
    task.cancel()
    expect(String(yield* outcome(task))).toBe('CancelledError: by itself')
  })
})
