// What test/conformance/programs/cancelling.ts cannot say of cancel(): long chains, circles, stacks and messages.

import { type Coroutine, type Future, getRunningLoop, KeyboardInterrupt, RuntimeError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { wait } from '../combinators/wait.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { ending } from '../outcome.fixture.ts'
import { currentTask } from './current-task.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import type { Task } from './task-class.ts'

/** How an awaitable ended: `returned …`, `cancelled …` (with the message), `threw …`. */
/** The Task in whose step we are. */
function me(): Task {
  return currentTask() as Task
}

describe('Task.cancel()', () => {
  it('of itself, before it waits for a Task that refuses: it is requested once, and then continues with the result', function* () {
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
  })

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

  it.each([
    ['each other', (task: Task): Task | Future => task],
    ['a gather of each other', (task: Task) => gather([task])],
  ])('goes down a chain of Tasks that wait for %s, longer than the stack is deep', function* (_whom, waitedFor) {
    const length = 12_000
    function* link(inner: Task): Coroutine<unknown> {
      return yield* waitedFor(inner)
    }
    const chain: Task[] = [createTask(sleep(10), { name: '0' })]
    for (let name = 1; name < length; name++) chain.push(createTask(link(chain[name - 1] as Task), { name: `${name}` }))
    yield* sleep(1)
    const asked: string[] = []
    getRunningLoop().events.on('task:cancelling', ({ task, via }) => asked.push(`${via?.label} asks ${task.label}`))
    const outermost = chain.at(-1) as Task
    expect(outermost.cancel('down')).toBe(true)
    const inner = Array.from({ length: length - 1 }, (_, name) => `${name + 1} asks ${name}`)
    expect(asked).toEqual([`undefined asks ${length - 1}`, ...inner.reverse()])
    expect(yield* ending(outermost)).toBe('cancelled down')
    expect(chain.every((task) => task.cancelled() && task.cancelling() === 1)).toBe(true)
  })

  it.each<[string, number, number, (task: Task) => Task | Future]>([
    ['two Tasks', 2, 0, (task) => task],
    ['three Tasks, from outside', 3, 2, (task) => task],
    ['three Tasks that gather each other', 3, 1, (task) => gather([task])],
    ['more Tasks than the stack is deep, from outside', 700, 450, (task) => task],
  ])('ends Tasks that wait for each other in a circle: %s', function* (_name, inCircle, outside, waitedFor) {
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
  })

  it('lets a Task of a circle refuse, and the others continue', function* () {
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
  })

  it('takes no stack if it cannot leave the run: the error is as cheap as possible', function* () {
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
  })

  it('says in debug mode where the Task waited, and through which coroutines', function* () {
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
  })
})

describe('a Task that waits for something it must not wait for', () => {
  it('receives an error at that line when it awaits itself, and may continue', function* () {
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
    expect(message).toMatch(/^RuntimeError Task cannot await on itself: <Task pending name='loner' coro=<work\(\) .*>$/)
  })

  it('receives an error that names the Task and the Future of another loop', function* () {
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
  })

  it('does not cancel a Future that it may not await', function* () {
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
  })

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
      /^`yield` was used instead of `yield\*` in task <Task pending name='bad'.*> with <Future pending.*> \(in work\(\) .*\)\. Write `yield\*`, with the star$/,
    ],
    [
      'a coroutine without the star',
      () => (function* child(): Coroutine<void> {})(),
      /^`yield` was used instead of `yield\*` in task <Task pending name='bad'.* with <child\(\) running at \S+:\d+> \(in work\(\) .*Write `yield\*`, with the star$/,
    ],
    ['sleep(0) without the star', () => sleep(0), /^`yield` was used.* with <coroutine sleep\(0\)> /],
    ['a sleep without the star', () => sleep(10), /^`yield` was used.* with <coroutine sleep\(10\)> /],
  ])(
    'receives an error at that line when it yields %s, and may continue',
    function* (_what, yielded, message) {
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
    },
    { allow: { coroutines: 'they are refused' } },
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
    'receives an error when it, or %s, awaits a list with `yield*`',
    function* (_what, awaiting) {
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
    },
    { allow: { coroutines: 'they are refused' } },
  )

  it('keeps another error that it throws in response', function* () {
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
  })
})
