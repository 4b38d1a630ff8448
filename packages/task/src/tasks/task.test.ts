import {
  Context,
  ContextVar,
  type Coroutine,
  Future,
  getRunningLoop,
  InvalidStateError,
  KeyboardInterrupt,
  RuntimeError,
} from '@spindle/loop'
import { BaseEventLoop } from '@spindle/loop/internal'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { allTasks } from './current-task.ts'
import { createTask, ensureFuture } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import { Task } from './task-class.ts'

const variable = new ContextVar<string>('variable', { defaultValue: 'default' })

describe('Task', () => {
  it('ends with any value that its coroutine throws', function* () {
    function* failing(thrown: unknown): Coroutine<void> {
      yield* sleep(0)
      throw thrown
    }
    const error = new TypeError('no')
    for (const thrown of [error, null, 0, 'text', { not: 'an error' }]) {
      const task = createTask(failing(thrown))
      let caught: unknown = 'nothing'
      try {
        yield* task
      } catch (error) {
        caught = error
      }
      expect({ caught, exception: task.exception(), cancelled: task.cancelled() }).toEqual({
        caught: thrown,
        exception: thrown,
        cancelled: false,
      })
    }
  })

  it('may return a Future, which is then its result and is not awaited', function* () {
    const future = getRunningLoop().createFuture<number>()
    function* giving(): Coroutine<Future<number>> {
      return future
    }
    expect(yield* createTask(giving())).toBe(future)
    expect(future.done()).toBe(false)
  })

  it('stops the run with a KeyboardInterrupt that its coroutine throws, which is its exception', () => {
    const loop = newEventLoop()
    function* interrupted(): Coroutine<void> {
      throw new KeyboardInterrupt()
    }
    const task = loop.createTask(interrupted())
    expect(() => loop.runUntilCompleteSync(sleep(1000))).toThrow(KeyboardInterrupt)
    expect(task.exception()).toBeInstanceOf(KeyboardInterrupt)
    for (const left of loop.tasks) (left as Task).cancel()
    loop.callLater(1, () => loop.stop())
    loop.runForeverSync()
    loop.close()
  })

  it('has its result from its coroutine alone', function* () {
    const task = createTask(sleep(1, 'slept'))
    expect(() => task.setResult('set')).toThrow(new RuntimeError('Task does not support set_result operation'))
    expect(() => task.setException(new Error())).toThrow(
      new RuntimeError('Task does not support set_exception operation'),
    )
    expect(yield* task).toBe('slept')
    expect(() => task.setResult('set')).toThrow(RuntimeError)
  })

  it('has neither a result nor an exception before it is done', function* () {
    const task = createTask(sleep(1))
    expect(() => task.result()).toThrow(new InvalidStateError('Result is not set.'))
    expect(() => task.exception()).toThrow(new InvalidStateError('Exception is not set.'))
    yield* task
  })

  it('has the given name, or a number', function* () {
    const given = createTask(sleep(0), { name: 'given' })
    const one = createTask(sleep(0))
    const two = createTask(sleep(0))
    expect(one.getName()).toMatch(/^Task-\d+$/)
    expect(Number(two.getName().slice(5))).toBe(Number(one.getName().slice(5)) + 1)
    two.setName('renamed')
    one.setName(1234 as never)
    expect([given, one, two].map((task) => task.getName())).toEqual(['given', '1234', 'renamed'])
    yield* gather([given, one, two])
  })

  it('gives the coroutine it runs', function* () {
    function* work(): Coroutine<void> {}
    const coroutine = work()
    const task = createTask(coroutine)
    expect(task.getCoro()).toBe(coroutine)
    yield* task
    expect(task.getCoro()).toBe(coroutine)
  })

  it.each([
    [
      'a bare coroutine',
      function* (): Coroutine<string> {
        return 'given'
      },
    ],
    [
      'one made by coroutine()',
      coroutine(function* wrapped(): Coroutine<string> {
        return 'given'
      }),
    ],
  ])('runs %s that waits for nothing', function* (_name, work) {
    const task = createTask(work())
    expect({ isTask: task instanceof Task, done: task.done(), task: yield* task }).toEqual({
      isTask: true,
      done: false,
      task: 'given',
    })
  })

  it('is made by ensureFuture of a mere awaitable; createTask needs a coroutine', function* () {
    const inner = (function* (): Coroutine<string> {
      return yield* sleep(1, 'slept')
    })()
    const like = {
      next: (value: unknown) => inner.next(value),
      throw: (error: unknown) => inner.throw(error),
      return: (value: never) => inner.return(value),
      [Symbol.iterator]: () => like,
    }
    expect(() => createTask(like as never)).toThrow('a coroutine was expected, got')
    const task = ensureFuture(like)
    expect({ isTask: task instanceof Task, task: yield* task }).toEqual({ isTask: true, task: 'slept' })
  })

  it('takes coroutines only, and says what to write instead', function* () {
    function* main(): Coroutine<void> {}
    function* takes(_n: number): Coroutine<void> {}
    const task = createTask(main)
    const messages = [takes, async () => {}, () => 42, task, Promise.resolve(), 42, undefined, { next() {} }].map(
      (given) => {
        try {
          createTask(given as never)
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`
        }
        return 'accepted'
      },
    )
    expect(messages).toEqual([
      'TypeError: createTask() cannot know the arguments of <function takes>. Call it: createTask(takes(…))',
      'TypeError: createTask() takes a coroutine, got <function <anonymous>>. Write `function*` and `yield*` instead of `async` and `await`; the call of a function that returns a promise is awaited as `yield* call((signal) => …)`',
      'TypeError: createTask() takes a coroutine or a coroutine function, but main() returned 42. Write `function* () { … }`, with the star',
      expect.stringMatching(
        /^TypeError: a coroutine was expected, got <Task pending .*\. It runs already: await it with `yield\*`$/,
      ),
      expect.stringMatching(/^TypeError: a coroutine was expected, got .*\. Use ensureFuture\(\) for promises$/),
      'TypeError: a coroutine was expected, got 42',
      'TypeError: a coroutine was expected, got undefined',
      'TypeError: a coroutine was expected, got { next: <function next> }',
    ])
    yield* task
  })

  it.each([
    ['new Task', (work: Coroutine<void>, context: Context) => new Task(work, { context, loop: getRunningLoop() })],
    ['createTask', (work: Coroutine<void>, context: Context) => createTask(work, { context })],
    ['loop.createTask', (work: Coroutine<void>, context: Context) => getRunningLoop().createTask(work, { context })],
  ])('finds in its context what the one before has set there, made by %s', function* (_name, make) {
    function* setting(value: string): Coroutine<void> {
      yield* sleep(0)
      variable.set(value)
    }
    const context = new Context()
    const seen = [context.get(variable)]
    for (const value of ['first', 'second']) {
      yield* make(setting(value), context)
      seen.push(context.get(variable))
    }
    expect([seen, variable.get()]).toEqual([[undefined, 'first', 'second'], 'default'])
  })

  it('is a Future of its loop, and returns its result when that runs, without a Task around it', () => {
    const loop = newEventLoop()
    const task = new Task(sleep(1, 'slept'), { loop })
    expect(task).toBeInstanceOf(Future)
    expect(task.getLoop()).toBe(loop)
    expect(task.done()).toBe(false)
    expect([loop.runUntilCompleteSync(task), task.result()]).toEqual(['slept', 'slept'])
    loop.close()
  })

  it('is not created if the loop refuses its first step', () => {
    class BusyLoop extends BaseEventLoop {
      override schedule(): void {
        throw new RangeError('no more')
      }
    }
    const loop = new BusyLoop()
    expect(() => new Task(sleep(0), { loop })).toThrow(new RangeError('no more'))
    expect(allTasks({ loop })).toEqual(new Set())
    loop.close()
    const closed = newEventLoop()
    closed.close()
    expect(() => new Task(sleep(0), { loop: closed })).toThrow(new RuntimeError('Event loop is closed'))
    expect(allTasks({ loop: closed })).toEqual(new Set())
  })

  it('is created in the given loop, or otherwise in the current one', () => {
    const loop = newEventLoop()
    const other = newEventLoop()
    expect(new Task(sleep(0), { loop: other }).getLoop()).toBe(other)
    expect(() => new Task(sleep(0))).toThrow('There is no current event loop')
    other.runUntilCompleteSync(sleep(1))
    other.close()
    loop.close()
    expect(() => loop.createTask(sleep(0))).toThrow(new RuntimeError('Event loop is closed'))
  })
})

describe('a Task that is started eagerly', () => {
  it('keeps an exception of its first step to itself, also when it makes others in turn', function* () {
    const log: string[] = []
    function* failing(): Coroutine<void> {
      log.push('failing')
      throw new TypeError('at once')
    }
    function* nested(): Coroutine<void> {
      const inner = createTask(failing(), { eagerStart: true })
      log.push(String(inner.exception()))
      yield* sleep(0)
      log.push('nested goes on')
    }
    yield* createTask(nested(), { eagerStart: true })
    expect(log).toEqual(['failing', 'TypeError: at once', 'nested goes on'])
  })

  it('is one only if it is asked for, and only while its loop runs', function* () {
    const other = newEventLoop()
    const log: string[] = []
    function* step(name: string): Coroutine<void> {
      log.push(name)
    }
    const lazy = createTask(step('lazy'), { eagerStart: false })
    other.createTask(step('other'), { eagerStart: true })
    log.push('made')
    yield* lazy
    expect(log).toEqual(['made', 'lazy'])
    other.setExceptionHandler(() => {}) // its Task is left pending, and told of
    other.close()
  })
})

describe('a Task or Future that is iterated over instead of awaited', () => {
  it('says so: by a spread, a destructuring and for…of, before and after others wait for it', function* () {
    const future = getRunningLoop().createFuture<number>()
    const task = createTask(sleep(10), { name: 'iterated' })
    for (const awaitable of [future, task]) {
      const message = `did you forget \`yield*\`? ${awaitable} was iterated over`
      const iterable = awaitable as unknown as Iterable<unknown>
      expect(() => [...iterable]).toThrow(TypeError)
      expect(() => [...iterable]).toThrow(message)
      expect(() => {
        const [first] = iterable
        return first
      }).toThrow(message)
      expect(() => {
        for (const item of iterable) expect(item).toBeDefined()
      }).toThrow(message)
    }
    yield* task
  })

  it('says nothing when a Task took it, and its coroutine is closed then', function* () {
    const log: string[] = []
    const future = getRunningLoop().createFuture<number>()
    function* waiting(): Coroutine<void> {
      try {
        yield* future
      } finally {
        log.push('closed')
      }
    }
    const coroutine = waiting()
    const task = createTask(coroutine)
    yield* sleep(0)
    coroutine.return()
    future.setResult(1)
    yield* task
    expect(log).toEqual(['closed'])
  })
})
