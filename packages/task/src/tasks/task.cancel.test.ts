// What cancel() does, at each moment of a Task's life. The logs are those that the same programs write on CPython 3.14.

import {
  CancelledError,
  type Coroutine,
  type Future,
  getRunningLoop,
  KeyboardInterrupt,
  RuntimeError,
} from '@spindle/loop'
import { cancelEverywhere, inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { currentTask } from './current-task.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import type { Task } from './task-class.ts'

/** How an awaitable ended: `returned …`, `cancelled …` (with the message), `threw …`. */
function* ending(awaitable: Future | Coroutine<unknown>): Coroutine<string> {
  try {
    return `returned ${yield* awaitable}`
  } catch (error) {
    return error instanceof CancelledError ? `cancelled ${error.message}` : `threw ${error}`
  }
}

/** How a Task ended, and how many cancellation requests it counts. */
function* outcomeOf(task: Task<unknown>): Coroutine<string> {
  return `${yield* ending(task)}; cancelled: ${task.cancelled()}, requests: ${task.cancelling()}`
}

/** A coroutine that logs its clean-up, which takes 100 ms. */
function* cleansUp(log: unknown[]): Coroutine<void> {
  try {
    yield* sleep(1000)
  } finally {
    log.push('clean-up begins')
    yield* sleep(100)
    log.push('clean-up ends')
  }
}

/** The Task in whose step we are. */
function me(): Task {
  return currentTask() as Task
}

describe('Task.cancel()', () => {
  // CPython: test_tasks.BaseTaskTests.test_cancel_with_message_before_starting_task
  // CPython: test_tasks.BaseTaskTests.test_cancel_yield
  it(
    'before the first step: the coroutine never runs',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* work(): Coroutine<void> {
        try {
          log.push('runs')
        } finally {
          log.push('cleans up')
        }
      }
      const task = createTask(work())
      log.push({ accepted: task.cancel('early'), requests: task.cancelling(), cancelled: task.cancelled() })
      log.push(yield* outcomeOf(task), { acceptedWhenDone: task.cancel() })
      expect(log).toEqual([
        { accepted: true, requests: 1, cancelled: false },
        'cancelled early; cancelled: true, requests: 1',
        { acceptedWhenDone: false },
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel
  // CPython: test_tasks.BaseTaskTests.test_task_cancel_sleeping_task
  // CPython: test_tasks.BaseTaskTests.test_sleep_cancel
  // CPython: test_tasks.BaseTaskTests.test_task_cancel_waiter_future
  // CPython: test_tasks.BaseTaskTests.test_cancel_awaited_task
  // CPython: test_tasks.BaseTaskTests.test_yield_future_passes_cancel
  // CPython: test_tasks.CoroutineGatherTests.test_cancellation_broadcast
  it.each([
    ['a Future', 0, ['caught why', 'callback', 'done']],
    ['a Task', 1, ['inner why', 'callback', 'not done', 'caught why', 'done']],
    ['sleep', 0, ['caught why', 'callback', 'done']],
    ['sleep(0)', 0, ['caught why', 'callback', 'done']],
    ['gather', 1, ['inner why', 'inner why', 'callback', 'not done', 'not done', 'caught why', 'done']],
  ])(
    'while it waits for %s: the error is thrown in there, turns later as many as the request passes on',
    inVirtualTime(function* (kind, turnsBefore, expected) {
      const loop = getRunningLoop()
      const log: unknown[] = []
      function* inner(): Coroutine<void> {
        try {
          yield* sleep(10)
        } catch (error) {
          log.push(`inner ${(error as Error).message}`)
          throw error
        }
      }
      function* work(): Coroutine<void> {
        try {
          if (kind === 'a Future') yield* loop.createFuture()
          else if (kind === 'a Task') yield* createTask(inner())
          else if (kind === 'sleep') yield* sleep(10)
          else if (kind === 'sleep(0)') yield* sleep(0)
          else yield* gather([inner(), inner()])
        } catch (error) {
          log.push(`caught ${(error as Error).message}`)
          throw error
        }
      }
      const task = createTask(work())
      for (let turn = 0; turn <= turnsBefore; turn++) yield* sleep(0)
      const accepted = task.cancel('why')
      expect({ accepted, requests: task.cancelling(), cancelled: task.cancelled(), done: task.done() }).toEqual({
        accepted: true,
        requests: 1,
        cancelled: false,
        done: false,
      })
      loop.callSoon(() => log.push('callback'))
      while (!task.done()) {
        yield* sleep(0)
        log.push(task.done() ? 'done' : 'not done')
      }
      expect(log).toEqual(expected)
      expect(yield* outcomeOf(task)).toBe('cancelled why; cancelled: true, requests: 1')
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_current_task
  it(
    'of itself, while it runs: the error comes at the next await, not before',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* work(): Coroutine<string> {
        me().cancel('self')
        log.push('goes on')
        const future = getRunningLoop().createFuture<number>()
        future.setResult(5)
        log.push(yield* future) // done already: nothing is awaited
        try {
          yield* sleep(0)
        } catch (error) {
          log.push(`caught ${(error as Error).message}`)
        }
        return 'survived'
      }
      const task = createTask(work())
      log.push(yield* outcomeOf(task))
      expect(log).toEqual(['goes on', 5, 'caught self', 'returned survived; cancelled: false, requests: 1'])
    }),
  )

  it(
    'of itself, before it waits for a Future or a Task: that is cancelled, too',
    inVirtualTime(function* () {
      const log: unknown[] = []
      const future = getRunningLoop().createFuture<void>()
      const inner = createTask(sleep(10))
      function* work(awaited: Future): Coroutine<void> {
        me().cancel('self')
        yield* awaited
      }
      for (const awaited of [future, inner]) {
        const task = createTask(work(awaited))
        log.push(yield* outcomeOf(task), `awaited cancelled: ${awaited.cancelled()}`)
      }
      const cancelled = ['cancelled self; cancelled: true, requests: 1', 'awaited cancelled: true']
      expect(log).toEqual([...cancelled, ...cancelled])
    }),
  )

  it(
    'of itself, before it waits for a Task that refuses: it is asked once, and then goes on with the result',
    inVirtualTime(function* () {
      function* refusing(): Coroutine<string> {
        try {
          yield* sleep(1000)
        } catch {
          yield* sleep(1)
        }
        return 'refused'
      }
      const inner = createTask(refusing())
      yield* sleep(0)
      function* work(): Coroutine<string> {
        me().cancel('self')
        return yield* inner
      }
      expect(yield* ending(createTask(work()))).toBe('returned refused')
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_tb_logger_not_called_after_cancel
  it(
    'after it has failed counts as having asked for its exception',
    inVirtualTime(function* () {
      function* failing(): Coroutine<void> {
        throw new TypeError('reported nowhere, or this test would fail')
      }
      const task = createTask(failing())
      yield* sleep(0)
      expect({ done: task.done(), cancel: task.cancel() }).toEqual({ done: true, cancel: false })
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_baseexception_during_cancel
  it('answered by a KeyboardInterrupt ends the run with that', () => {
    const loop = newEventLoop()
    function* interrupted(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch {
        throw new KeyboardInterrupt()
      }
    }
    const task = loop.createTask(interrupted())
    loop.callLater(1, () => task.cancel())
    expect(() => loop.runUntilCompleteSync(task)).toThrow(KeyboardInterrupt)
    expect({ done: task.done(), cancelled: task.cancelled() }).toEqual({ done: true, cancelled: false })
    expect(task.exception()).toBeInstanceOf(KeyboardInterrupt)
    loop.close()
  })

  // CPython: test_tasks.BaseTaskTests.test_cancel_at_end
  it(
    'in its last step: it ends as cancelled, and what it returned is lost; what it threw is not',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* returning(): Coroutine<number> {
        me().cancel('self')
        return 1
      }
      function* throwing(): Coroutine<number> {
        me().cancel('self')
        throw new TypeError('thrown')
      }
      for (const work of [returning, throwing]) {
        const task = createTask(work())
        log.push(yield* outcomeOf(task))
      }
      expect(log).toEqual([
        'cancelled self; cancelled: true, requests: 1',
        'threw TypeError: thrown; cancelled: false, requests: 1',
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_with_message_then_future_result
  // CPython: test_tasks.BaseTaskTests.test_cancel_with_message_then_future_exception
  // CPython: test_tasks.BaseTaskTests.test_cancel_both_task_and_inner_future
  it(
    'when it is woken already, but has not gone on: it wins over a result and an exception, not over a cancelled Future',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      const log: unknown[] = []
      for (const settle of [
        (future: Future<number>) => future.setResult(1),
        (future: Future<number>) => future.setException(new TypeError('dropped, and reported nowhere')),
        (future: Future<number>) => void future.cancel('future'),
      ]) {
        const future = loop.createFuture<number>()
        const task = createTask(ending(future))
        yield* sleep(0)
        settle(future)
        log.push({ accepted: task.cancel('task') }, yield* outcomeOf(task))
      }
      expect(log).toEqual([
        ...[{ accepted: true }, 'returned cancelled task; cancelled: false, requests: 1'],
        ...[{ accepted: true }, 'returned cancelled task; cancelled: false, requests: 1'],
        ...[{ accepted: true }, 'returned cancelled future; cancelled: false, requests: 1'],
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_inner_future
  it(
    'of the Future it waits for ends it as cancelled, though nobody cancelled the Task',
    inVirtualTime(function* () {
      const future = getRunningLoop().createFuture<void>()
      function* work(): Coroutine<void> {
        yield* future
      }
      const task = createTask(work())
      yield* sleep(0)
      future.cancel('inner')
      expect({ ending: yield* ending(task), cancelled: task.cancelled(), cancelling: task.cancelling() }).toEqual({
        ending: 'cancelled inner',
        cancelled: true,
        cancelling: 0,
      })
    }),
  )

  it(
    'twice at once: it is thrown in once, with the first message',
    inVirtualTime(function* () {
      const log: unknown[] = []
      const task = createTask(cleansUp(log))
      yield* sleep(0)
      log.push({ one: task.cancel('one'), two: task.cancel('two'), requests: task.cancelling() })
      log.push(yield* outcomeOf(task))
      expect(log).toEqual([
        { one: true, two: true, requests: 2 },
        'clean-up begins',
        'clean-up ends',
        'cancelled one; cancelled: true, requests: 2',
      ])
    }),
  )

  it(
    'again during clean-up: that is aborted, and the second message counts',
    inVirtualTime(function* () {
      const log: unknown[] = []
      const task = createTask(cleansUp(log))
      yield* sleep(0)
      task.cancel('one')
      yield* sleep(50)
      log.push({ accepted: task.cancel('two') }, yield* outcomeOf(task))
      expect(log).toEqual(['clean-up begins', { accepted: true }, 'cancelled two; cancelled: true, requests: 2'])
    }),
  )

  it(
    'lets clean-up wait in any number of finally blocks, and runs nothing after them',
    inVirtualTime(function* () {
      const log: unknown[] = []
      const loop = getRunningLoop()
      const start = loop.time()
      const say = (text: string) => log.push(`${loop.time() - start} ${text}`)
      function* inner(): Coroutine<string> {
        try {
          yield* sleep(1000)
          say('must not run')
          return 'lost'
        } finally {
          yield* sleep(100)
          say('inner cleaned up')
        }
      }
      function* outer(): Coroutine<void> {
        try {
          try {
            yield* inner()
            say('must not run either')
          } finally {
            yield* gather([sleep(30), sleep(20)])
            say('outer cleaned up')
          }
          say('nor this')
        } finally {
          yield* createTask(sleep(5))
          say('cleaned up twice')
        }
      }
      const task = createTask(outer())
      yield* sleep(10)
      task.cancel('stop')
      log.push(yield* outcomeOf(task))
      expect(log).toEqual([
        '110 inner cleaned up',
        '140 outer cleaned up',
        '145 cleaned up twice',
        'cancelled stop; cancelled: true, requests: 1',
      ])
    }),
  )

  it(
    'has its error replaced by what clean-up throws, or returns',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* throwing(): Coroutine<void> {
        try {
          yield* sleep(1000)
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
          throw new TypeError('in clean-up')
        }
      }
      function* returning(): Coroutine<string> {
        try {
          yield* sleep(1000)
          return 'slept'
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
          return 'swallowed'
        }
      }
      for (const work of [throwing, returning]) {
        const task = createTask<unknown>(work())
        yield* sleep(0)
        task.cancel()
        log.push(yield* outcomeOf(task))
      }
      expect(log).toEqual([
        'threw TypeError: in clean-up; cancelled: false, requests: 1',
        'returned swallowed; cancelled: false, requests: 1',
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_task_catching
  // CPython: test_tasks.BaseTaskTests.test_cancel_task_ignoring
  it(
    'may be delayed, and may be refused',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* delaying(): Coroutine<void> {
        try {
          yield* sleep(1000)
        } catch (error) {
          yield* sleep(50)
          log.push('delayed')
          throw error
        }
      }
      function* refusing(): Coroutine<string> {
        try {
          yield* sleep(1000)
        } catch {
          log.push('refused')
          yield* sleep(50)
        }
        return 'result'
      }
      for (const work of [delaying, refusing]) {
        const task = createTask<unknown>(work())
        yield* sleep(0)
        task.cancel('message')
        log.push(yield* outcomeOf(task))
      }
      expect(log).toEqual([
        'delayed',
        'cancelled message; cancelled: true, requests: 1',
        'refused',
        'returned result; cancelled: false, requests: 1',
      ])
    }),
  )

  it(
    'can be asked again of one who refused',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* stubborn(): Coroutine<void> {
        for (const which of ['first', 'second']) {
          try {
            yield* sleep(1000)
          } catch (error) {
            log.push(`${which} refused: ${(error as Error).message}`)
          }
        }
        yield* sleep(1000)
      }
      const task = createTask(stubborn())
      for (const message of ['one', 'two', 'three']) {
        yield* sleep(1)
        task.cancel(message)
      }
      log.push(yield* ending(task), task.cancelling())
      expect(log).toEqual(['first refused: one', 'second refused: two', 'cancelled three', 3])
    }),
  )

  it(
    'goes down a chain of Tasks to the innermost, and the error comes up the chain with its message',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* level(n: number): Coroutine<void> {
        try {
          if (n === 0) yield* sleep(1000)
          else yield* createTask(level(n - 1))
        } catch (error) {
          log.push(`${n} ${(error as Error).message}`)
          throw error
        } finally {
          log.push(`finally ${n}`)
        }
      }
      const task = createTask(level(3))
      yield* sleep(10)
      log.push(task.cancel('top'), 'asked')
      log.push(yield* ending(task))
      expect(log).toEqual([
        ...[true, 'asked', '0 top', 'finally 0', '1 top', 'finally 1', '2 top', 'finally 2', '3 top', 'finally 3'],
        'cancelled top',
      ])
    }),
  )

  it.each([
    ['each other', (task: Task): Task | Future => task],
    ['a gather of each other', (task: Task) => gather([task])],
  ])(
    'goes down a chain of Tasks that wait for %s, longer than the stack is deep',
    inVirtualTime(function* (_whom, waitedFor) {
      const length = 12_000
      function* link(inner: Task): Coroutine<unknown> {
        return yield* waitedFor(inner)
      }
      const chain: Task[] = [createTask(sleep(10), { name: '0' })]
      for (let name = 1; name < length; name++)
        chain.push(createTask(link(chain[name - 1] as Task), { name: `${name}` }))
      yield* sleep(1)
      const asked: string[] = []
      getRunningLoop().events.on('task:cancelling', ({ task, via }) => asked.push(`${via?.label} asks ${task.label}`))
      const outermost = chain.at(-1) as Task
      expect(outermost.cancel('down')).toBe(true)
      const inner = Array.from({ length: length - 1 }, (_, name) => `${name + 1} asks ${name}`)
      expect(asked).toEqual([`undefined asks ${length - 1}`, ...inner.reverse()])
      expect(yield* ending(outermost)).toBe('cancelled down')
      expect(chain.every((task) => task.cancelled() && task.cancelling() === 1)).toBe(true)
    }),
  )

  it.each<[string, number, number, (task: Task) => Task | Future]>([
    ['two Tasks', 2, 0, (task) => task],
    ['three Tasks, from outside', 3, 2, (task) => task],
    ['three Tasks that gather each other', 3, 1, (task) => gather([task])],
    ['more Tasks than the stack is deep, from outside', 700, 450, (task) => task],
  ])(
    'ends Tasks that wait for each other in a circle: %s',
    inVirtualTime(function* (_name, inCircle, outside, waitedFor) {
      const tasks: Task[] = []
      function* link(next: () => Task): Coroutine<unknown> {
        yield* sleep(0)
        return yield* waitedFor(next())
      }
      // 0 → 1 → … and the last of the circle waits for its first.
      for (let n = 0; n < outside + inCircle; n++)
        tasks.push(createTask(link(() => tasks[n + 1] ?? (tasks[outside] as Task))))
      yield* sleep(1)
      expect(tasks[0]?.cancel('enough')).toBe(true)
      yield* wait(tasks, { timeout: 1 })
      expect(tasks.filter((task) => !task.cancelled())).toEqual([])
      if (inCircle < 10) expect(tasks.map((task) => task.cancelling())).toEqual(tasks.map(() => 1))
    }),
  )

  it(
    'lets a Task of a circle refuse, and the others go on',
    inVirtualTime(function* () {
      const log: string[] = []
      function* first(): Coroutine<string> {
        yield* sleep(0)
        log.push(`first: ${yield* ending(second)}`)
        return 'refused'
      }
      function* other(): Coroutine<void> {
        log.push(`second: ${yield* ending(refusing)}`)
      }
      const refusing = createTask(first())
      const second = createTask(other())
      yield* sleep(1)
      refusing.cancel('enough')
      yield* second
      expect(log).toEqual(['first: cancelled enough', 'second: returned refused'])
    }),
  )

  it(
    'is refused for the outer Task when the inner one refuses it',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* inner(): Coroutine<string> {
        try {
          yield* sleep(1000)
        } catch {
          log.push('inner refuses')
          yield* sleep(100)
        }
        return 'inner result'
      }
      function* outer(): Coroutine<string> {
        log.push(yield* createTask(inner()))
        yield* sleep(0)
        return 'outer result'
      }
      const task = createTask(outer())
      yield* sleep(10)
      task.cancel()
      yield* sleep(10)
      expect(String(task)).toMatch(/^<Task cancelling /)
      log.push(yield* outcomeOf(task))
      expect(log).toEqual(['inner refuses', 'inner result', 'returned outer result; cancelled: false, requests: 1'])
    }),
  )

  it(
    'reaches the inner Task again while that is still cleaning up',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* inner(): Coroutine<void> {
        try {
          yield* sleep(1000)
        } finally {
          try {
            yield* sleep(1000)
          } catch (error) {
            log.push(`clean-up aborted: ${(error as Error).message}`)
            // biome-ignore lint/correctness/noUnsafeFinally: it replaces the first one, which it equals
            throw error
          }
        }
      }
      function* outer(): Coroutine<void> {
        yield* createTask(inner())
      }
      const task = createTask(outer())
      yield* sleep(1)
      task.cancel('one')
      yield* sleep(1)
      task.cancel('two')
      log.push(yield* ending(task))
      expect(log).toEqual(['clean-up aborted: two', 'cancelled two'])
    }),
  )

  it(
    'does not reach a Task that others wait for, too, in any other way: all who wait are cancelled with it',
    inVirtualTime(function* () {
      const shared = createTask(sleep(1000, 'shared'))
      function* waiting(): Coroutine<string> {
        return yield* shared
      }
      const first = createTask(waiting())
      const second = createTask(waiting())
      yield* sleep(0)
      first.cancel('only the first')
      expect([yield* ending(first), yield* ending(second), second.cancelling(), shared.cancelled()]).toEqual([
        ...['cancelled only the first', 'cancelled '],
        ...[0, true],
      ])
    }),
  )

  it(
    'ends a Task that throws a CancelledError of its own accord as cancelled',
    inVirtualTime(function* () {
      function* work(): Coroutine<void> {
        throw new CancelledError('by itself')
      }
      const task = createTask(work())
      const messages = [yield* ending(task), task.cancelled(), task.cancelling()]
      for (const ask of [() => task.result(), () => task.exception()]) {
        try {
          ask()
        } catch (error) {
          messages.push((error as Error).constructor.name, (error as Error).message)
        }
      }
      // The original goes to the first who asks; those who come later get one without a message.
      expect(messages).toEqual(['cancelled by itself', true, 0, 'CancelledError', '', 'CancelledError', ''])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancelling
  it(
    'gives false when the Task is done, however it ended, and counts no request then',
    inVirtualTime(function* () {
      function* failing(): Coroutine<void> {
        throw new TypeError('no')
      }
      const returned = createTask(sleep(0))
      const threw = createTask(failing())
      const cancelled = createTask(sleep(0))
      cancelled.cancel()
      yield* gather([returned, threw, cancelled], { returnExceptions: true })
      expect([returned, threw, cancelled].map((task) => [task.cancel(), task.cancelling()])).toEqual([
        [false, 0],
        [false, 0],
        [false, 1],
      ])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_task_catching
  it(
    'wakes a Task whose timer is in the far future at once, and drops the timer',
    inVirtualTime(function* () {
      const loop = getRunningLoop()
      const start = loop.time()
      const task = createTask(sleep(1e12))
      yield* sleep(1)
      task.cancel()
      yield* ending(task)
      expect(loop.time() - start).toBe(1)
    }),
  )

  it(
    'takes no stack of its own where it cannot leave the run: the error is as cheap as it can be',
    inVirtualTime(function* () {
      let stack: string | undefined
      function* work(): Coroutine<void> {
        try {
          yield* sleep(1000)
        } catch (error) {
          stack = (error as Error).stack
          throw error
        }
      }
      const task = createTask(work())
      yield* sleep(0)
      task.cancel('message')
      yield* createTask(ending(task))
      expect(stack).toBe('CancelledError: message')
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_cancel_traceback_for_future_result
  // CPython: test_tasks.BaseTaskTests.test_cancel_traceback_for_future_exception
  it(
    'tells in debug mode where the Task waited, and by way of which coroutines',
    inVirtualTime(function* () {
      getRunningLoop().setDebug(true)
      const nap = coroutine(function* nap(): Coroutine<void> {
        yield* sleep(1000)
      })
      const evening = coroutine(function* evening(): Coroutine<void> {
        yield* nap()
      })
      const here = 'task.cancel.test.ts:'
      for (const ask of [(task: Future) => task.result(), (task: Future) => task.exception()]) {
        const task = createTask(evening())
        yield* sleep(0)
        task.cancel('message')
        yield* wait([task])
        let stack = ''
        try {
          ask(task)
        } catch (error) {
          stack = (error as Error).stack as string
        }
        const lines = stack.split('\n').filter((line) => line.includes(here) || !line.startsWith('    at'))
        expect(lines).toEqual([
          'CancelledError: message',
          expect.stringContaining('at nap ('),
          expect.stringContaining('at coroutine evening ('),
        ])
      }
    }),
  )

  it('at every point of a program with nested clean-up leaves nothing behind', async () => {
    let open: string[] = []
    function* using(name: string): Coroutine<void> {
      open.push(name)
      try {
        yield* sleep(10)
      } finally {
        try {
          yield* sleep(1)
        } finally {
          open = open.filter((other) => other !== name)
        }
      }
    }
    const outcomes = new Set<string>()
    const points = await cancelEverywhere(
      function* program() {
        open = []
        yield* using('a')
        yield* gather([using('b'), using('c')])
        yield* createTask(using('d'))
      },
      function* check({ task }): Coroutine<void> {
        yield* sleep(100)
        expect(open).toEqual([])
        outcomes.add(task.cancelled() ? 'cancelled' : 'returned')
      },
    )
    expect(points).toBeGreaterThan(20)
    expect([...outcomes]).toEqual(['cancelled', 'returned'])
  })
})

describe('Task.uncancel()', () => {
  // CPython: test_tasks.BaseTaskTests.test_uncancel_basic
  it(
    'takes one request back, and never goes below 0',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* work(): Coroutine<string> {
        try {
          yield* sleep(1000)
        } catch {
          log.push(me().cancelling(), me().uncancel(), me().uncancel(), me().uncancel())
        }
        yield* sleep(10)
        return 'done'
      }
      const task = createTask(work())
      yield* sleep(0)
      task.cancel()
      task.cancel()
      log.push(yield* ending(task), task.cancelling())
      expect(log).toEqual([2, 1, 0, 0, 'returned done', 0])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_uncancel_resets_must_cancel
  it(
    'takes back a request that has not been thrown in yet, when it was the last',
    inVirtualTime(function* () {
      const log: unknown[] = []
      function* taken(): Coroutine<string> {
        me().cancel('x')
        me().uncancel()
        return yield* sleep(10, 'not cancelled')
      }
      function* left(): Coroutine<string> {
        me().cancel('x')
        me().cancel('y')
        me().uncancel()
        return yield* sleep(10, 'not cancelled')
      }
      log.push(yield* ending(createTask(taken())), yield* ending(createTask(left())))
      expect(log).toEqual(['returned not cancelled', 'cancelled y'])
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_uncancel_structured_blocks
  it(
    'tells a block that cancelled its Task itself from a request from outside',
    inVirtualTime(function* () {
      // What timeout() does, in small.
      function* block(ms: number, body: Coroutine<string>): Coroutine<string> {
        const task = me()
        const before = task.cancelling()
        const timer = getRunningLoop().callLater(ms, () => task.cancel())
        try {
          return yield* body
        } catch (error) {
          if (task.uncancel() <= before) return 'timed out'
          throw error
        } finally {
          timer.cancel()
        }
      }
      const own = createTask(block(10, sleep(1000, 'slept')))
      const nested = createTask(block(1000, block(10, sleep(1000, 'slept'))))
      const outside = createTask(block(1000, sleep(2000, 'slept')))
      getRunningLoop().callLater(20, () => {
        outside.cancel('outside')
        outside.cancel('outside') // one of the two is taken back
      })
      expect([yield* ending(own), yield* ending(nested), yield* ending(outside)]).toEqual([
        'returned timed out',
        'returned timed out',
        'cancelled outside',
      ])
    }),
  )
})

describe('a Task that waits for something it must not wait for', () => {
  // CPython: test_tasks.BaseTaskTests.test_task_awaits_on_itself
  it(
    'is told at that line when it awaits itself, and may go on',
    inVirtualTime(function* () {
      function* work(): Coroutine<string> {
        try {
          yield* task
        } catch (error) {
          return `${(error as Error).constructor.name} ${(error as Error).message}`
        }
        return 'awaited itself'
      }
      const task: Task<string> = createTask(work(), { name: 'loner' })
      const message = yield* task
      expect(message).toMatch(
        /^RuntimeError Task cannot await on itself: <Task pending name='loner' coro=<work\(\) .*>$/,
      )
    }),
  )

  // CPython: test_tasks.BaseTaskTests.test_other_loop_future
  it(
    'is told when a Future belongs to another loop, with both named',
    inVirtualTime(function* () {
      const other = newEventLoop()
      const future = other.createFuture<void>()
      function* work(): Coroutine<string> {
        try {
          yield* future
        } catch (error) {
          expect(error).toBeInstanceOf(RuntimeError)
          return (error as Error).message
        }
        return 'awaited'
      }
      const task = createTask(work(), { name: 'stranger' })
      expect(yield* task).toMatch(
        /^Task <Task pending name='stranger' coro=<work\(\) .*>.*> got Future <Future pending> attached to a different loop$/,
      )
      other.close()
    }),
  )

  it(
    'does not cancel what it was not allowed to wait for',
    inVirtualTime(function* () {
      const other = newEventLoop()
      const future = other.createFuture<void>()
      function* work(): Coroutine<void> {
        me().cancel('self')
        yield* future
      }
      const task = createTask(work())
      expect({ ending: yield* ending(task), cancelled: future.cancelled() }).toEqual({
        ending: 'cancelled self',
        cancelled: false,
      })
      other.close()
    }),
  )

  it.each<[string, () => unknown, RegExp]>([
    [
      'a number',
      () => 42,
      /^Task got bad yield: 42 \(in work\(\) running at .*task\.cancel\.test\.ts:\d+\)\. Write `yield\*` and a coroutine, Future or Task$/,
    ],
    ['nothing', () => undefined, /^Task got bad yield: undefined \(in work/],
    ['an empty object', () => ({}), /^Task got bad yield: \{\} \(in work/],
    [
      'a promise',
      () => Promise.resolve(1),
      /^Task got bad yield: .*\. A promise is awaited as `yield\* ensureFuture\(promise\)`$/,
    ],
    [
      'a Future without the star',
      () => getRunningLoop().createFuture(),
      /^`yield` was used instead of `yield\*` in task <Task pending name='bad'.*> with <Future pending> \(in work\(\) .*\)\. Write `yield\*`, with the star$/,
    ],
    [
      'a coroutine without the star',
      () => (function* child(): Coroutine<void> {})(),
      /^`yield` was used instead of `yield\*` in task <Task pending name='bad'.* with <child\(\) running at \S+:\d+> \(in work\(\) .*Write `yield\*`, with the star$/,
    ],
    ['sleep(0) without the star', () => sleep(0), /^`yield` was used.* with <coroutine sleep\(0\)> /],
    ['a sleep without the star', () => sleep(10), /^`yield` was used.* with <coroutine sleep\(10\)> /],
  ])(
    'is told at that line when it yields %s, and may go on',
    inVirtualTime(function* (_what, yielded, message) {
      const log: unknown[] = []
      function* work(): Generator<never, string, unknown> {
        try {
          yield yielded() as never
        } catch (error) {
          log.push((error as Error).constructor.name)
          log.push((error as Error).message)
        }
        yield* sleep(1) as Generator<never, void, unknown>
        return 'went on'
      }
      log.push(yield* createTask(work(), { name: 'bad' }))
      expect(log).toEqual(['RuntimeError', expect.stringMatching(message), 'went on'])
    }),
  )

  it.each([
    ['itself', (work: () => Coroutine<unknown>) => work()],
    [
      'a coroutine() that it awaits',
      coroutine(function* outer(work: () => Coroutine<unknown>): Coroutine<unknown> {
        return yield* work()
      }),
    ],
  ])(
    'is told when it, or %s, awaits a list with `yield*`',
    inVirtualTime(function* (_what, awaiting) {
      const list = [sleep(1), sleep(1)]
      const work = coroutine(function* work(): Coroutine<unknown> {
        return yield* list as unknown as Coroutine<unknown>
      })
      const task = createTask(awaiting(work))
      yield* wait([task])
      const error = task.exception() as Error
      expect([String(error), String(error.cause)]).toEqual([
        expect.stringMatching(
          /^TypeError: `yield\*` was given an iterable of something else than awaitables \(in work\(\) running at \S+\)\. To wait for a list of them write `yield\* gather\(\[…\]\)`$/,
        ),
        expect.stringMatching(
          /^RuntimeError: `yield` was used instead of .* with <coroutine sleep\(1\)> \(in work\(\) /,
        ),
      ])
    }),
  )

  it(
    'keeps an error of its own that it throws when it is told so',
    inVirtualTime(function* () {
      const own = new TypeError('mine')
      function* work(): Generator<never, void, unknown> {
        try {
          yield 42 as never
        } catch {
          throw own
        }
      }
      const task = createTask(work())
      yield* wait([task])
      expect(task.exception()).toBe(own)
    }),
  )
})
