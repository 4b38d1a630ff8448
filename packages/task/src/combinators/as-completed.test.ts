import { CancelledError, type Coroutine, getRunningLoop, setEventLoop, TimeoutError, VirtualClock } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { sleep } from '../coroutines/sleep.ts'
import { now } from '../now.fixture.ts'
import { outcome } from '../outcome.fixture.ts'
import { run } from '../run/run.ts'
import { allTasks } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import type { Task } from '../tasks/task-class.ts'
import { asCompleted } from './as-completed.ts'
import { forEach } from './for-each.ts'

describe('asCompleted', () => {
  it('gives the Tasks and Futures themselves to forEach, and new Tasks of coroutines', function* () {
    const tasks: Task[] = [createTask(sleep(20)), createTask(sleep(10))]
    const log: unknown[] = []
    yield* forEach(asCompleted([...tasks, sleep(15)]), function* (future) {
      log.push({ index: tasks.indexOf(future as Task), done: future.done(), at: now() })
    })
    expect(log).toEqual([
      { index: 1, done: true, at: 10 },
      { index: -1, done: true, at: 15 },
      { index: 0, done: true, at: 20 },
    ])
  })

  it('yields the Tasks themselves to for await, outside coroutines', async () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const tasks = [loop.createTask(sleep(20, 'slow')), loop.createTask(sleep(10, 'fast'))]
    const log: unknown[] = []
    const goThrough = async (): Promise<void> => {
      for await (const { future } of asCompleted(tasks)) log.push({ done: future.done(), result: future.result() })
    }
    const { setEventLoop } = await import('@spindle/loop')
    setEventLoop(loop)
    try {
      const through = goThrough()
      await loop.runUntilComplete(through)
    } finally {
      loop.close()
    }
    expect(log).toEqual([
      { done: true, result: 'fast' },
      { done: true, result: 'slow' },
    ])
  })

  it('can be iterated over by async code outside the run of its Tasks', async () => {
    const loop = newEventLoop()
    const tasks = [loop.createTask(sleep(20, 'slow')), loop.createTask(sleep(10, 'fast'))]
    const log: unknown[] = []
    const goThrough = async (): Promise<void> => {
      for await (const { future } of asCompleted([sleep(1, 'new'), ...tasks])) log.push(future.result())
    }
    await loop.runUntilComplete(goThrough())
    loop.close()
    expect(log).toEqual(['new', 'fast', 'slow'])
  })

  it('ends for async code even if the run ends with the last of the Tasks', async () => {
    const log: unknown[] = []
    const goThrough = async (task: Task<number>): Promise<void> => {
      await undefined // so that no turn of the loop is on the stack
      for await (const { future } of asCompleted([task])) log.push(future.result())
      log.push('the end')
    }
    let going: Promise<void> | undefined
    await run(
      (function* (): Coroutine<void> {
        const task = createTask(sleep(10, 42))
        going = goThrough(task)
        yield* task
      })(),
    )
    await going
    expect(log).toEqual([42, 'the end'])
  })

  it('says in a TimeoutError how long, where, and which Task was not done', function* () {
    const tasks = ['b', 'c'].map((name) => createTask(sleep(150), { name }))
    const messages: string[] = []
    for (const next of asCompleted([sleep(100), ...tasks], { timeout: 120 })) {
      const error = yield* outcome(next)
      if (error instanceof TimeoutError) messages.push(error.message)
    }
    const where =
      /^120 ms of virtual time passed in asCompleted\(\) at \S*outcome\.fixture\.ts:\d+; (b|c) was not done$/
    expect(messages).toEqual([expect.stringMatching(where), expect.stringMatching(where)])
    expect(messages.map((message) => where.exec(message)?.[1])).toEqual(['b', 'c'])
    for (const task of tasks) yield* task
  })

  it('sets no timer that would outlive the last of them', function* () {
    for (const next of asCompleted([sleep(10, 'a')], { timeout: 1000 })) expect(yield* next).toBe('a')
    expect(now()).toBe(10)
  })

  it('can be left and gone on with', function* () {
    const all = asCompleted([sleep(10, 'a'), sleep(20, 'b'), sleep(30, 'c')])
    const log: unknown[] = []
    for (const next of all) {
      log.push(yield* next)
      break
    }
    yield* forEach(all, function* (task) {
      log.push(task.result())
      return false
    })
    for (const next of all) log.push(yield* next)
    for (const next of all) log.push(yield* next) // no more
    expect(log).toEqual(['a', 'b', 'c'])
  })

  it('makes its Tasks in the running loop, and takes promises as well', function* () {
    const log: unknown[] = []
    for (const next of asCompleted([sleep(10, 'coroutine'), Promise.resolve('promise')])) log.push(yield* next)
    expect(log).toEqual(['promise', 'coroutine'])
  })

  it('creates them, outside a running loop, in the loop that was set', () => {
    const loop = newEventLoop()
    setEventLoop(loop)
    try {
      const [next] = asCompleted([sleep(10, 'coroutine')])
      expect([loop.runUntilCompleteSync(next as Coroutine<string>), allTasks({ loop })]).toEqual([
        'coroutine',
        new Set(),
      ])
      setEventLoop(undefined)
      expect(() => asCompleted([sleep(10, 'coroutine')])).toThrow('There is no current event loop')
    } finally {
      loop.close()
    }
  })

  it(
    'refuses what is no list, and what is nothing to wait for',
    function* () {
      expect(() => asCompleted(sleep(1) as never)).toThrow(
        new TypeError('expects an iterable of awaitables, not <coroutine sleep(1)>'),
      )
      expect(() => asCompleted(undefined as never)).toThrow(
        new TypeError('expects an iterable of awaitables, not undefined'),
      )
      expect(() => asCompleted(getRunningLoop().createFuture() as never)).toThrow(
        'expects an iterable of awaitables, not',
      )
      function* work(): Coroutine<void> {
        yield* sleep(1)
      }
      expect(() => asCompleted(work() as never)).toThrow(
        new TypeError('expects an iterable of awaitables, not <Generator>. A list is one: write [...generator]'),
      )
      expect(() => asCompleted([], { timeout: Number.NaN })).toThrow(
        new RangeError('Invalid timeout: NaN (not a number)'),
      )
      expect(() => asCompleted([5] as never)).toThrow(
        new TypeError('a Future, a coroutine or an awaitable is required, got 5'),
      )
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('passes the turn of a cancelled waiter to the next', function* () {
    const all = asCompleted([sleep(10, 'a'), sleep(20, 'b')])
    const [first, second] = [...all].map((next) => createTask(next))
    yield* sleep(0)
    getRunningLoop().callLater(10, () => {
      getRunningLoop().callSoon(() => first?.cancel()) // it was woken in this very turn
    })
    expect([yield* outcome(second as Task<string>), now()]).toEqual(['a', 10])
    expect(yield* outcome(first as Task<string>)).toBeInstanceOf(CancelledError)
    yield* sleep(10)
  })

  it('yields very many Tasks in the order they finish', async () => {
    const count = longForm ? 100_000 : 20_000
    let sum = 0
    await run(
      (function* () {
        const future = Array.from({ length: count }, () => getRunningLoop().createFuture<number>())
        for (const [i, one] of future.entries()) one.setResult(i)
        for (const next of asCompleted(future)) sum += yield* next
      })(),
    )
    expect(sum).toBe((count * (count - 1)) / 2)
  })
})
