import { inspect } from 'node:util'
import { type Coroutine, type Future, getRunningLoop } from '@spindle/loop'
import { explore, inVirtualTime } from '@spindle/testing'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  coroutine,
  createTask,
  gather,
  Lock,
  Semaphore,
  sleep,
  type Task,
} from '../index.ts'
import { outcome } from '../outcome.fixture.ts'

describe('Lock', () => {
  it('prints whether it is locked, and how many wait', function* () {
    const lock = new Lock()
    expect(String(lock)).toBe('<Lock [unlocked]>')
    yield* lock.acquire()
    expect(String(lock)).toBe('<Lock [locked]>')
    const waiting = createTask(lock.acquire())
    yield* sleep(0)
    expect(inspect(lock)).toBe('<Lock [locked, waiters:1]>')
    waiting.cancel()
    lock.release()
    class Door extends Lock {}
    expect(`${new Door()}`).toBe('<Door [unlocked]>')
  })

  it.each([new Lock(), new Semaphore(), new Barrier(2)])('is nothing to await itself: %s', function* (primitive) {
    const before = String(primitive)
    function* wrong(): Coroutine<unknown> {
      // @ts-expect-error: `yield* lock.acquire()` is meant
      return yield* primitive
    }
    expect(yield* outcome(wrong())).toBeInstanceOf(TypeError)
    expect(String(primitive)).toBe(before)
  })

  it(
    'says so where it is not awaited, though TypeScript takes a generator for a Disposable',
    function* () {
      const lock = new Lock()
      const enter = coroutine(function* enter(): Coroutine<Disposable> {
        return yield* lock.acquire()
      })
      function* forgetful(wait: () => Coroutine<Disposable>): Coroutine<void> {
        using _ = wait()
      }
      const message = (name: string): string =>
        `did you forget \`yield*\`? <coroutine object ${name}> must be awaited first: \`using _ = yield* …\``
      expect(yield* gather([forgetful(() => lock.acquire())], { returnExceptions: true })).toEqual([
        new TypeError(message('Lock.acquire')),
      ])
      const entering = enter()
      expect(yield* gather([forgetful(() => entering)], { returnExceptions: true })).toEqual([
        new TypeError(message('enter')),
      ])
      using _ = yield* entering
    },
    { allow: { coroutines: 'it is told so at once' } },
  )

  it('is released at the end of a block by `using`, also by an exception', function* () {
    const lock = new Lock()
    {
      using _ = yield* lock.acquire()
      expect(lock.locked()).toBe(true)
    }
    expect(lock.locked()).toBe(false)
    try {
      using _ = yield* lock.acquire()
      throw new Error('in the block')
    } catch {}
    expect(lock.locked()).toBe(false)
  })

  it.each([Lock, Condition, Semaphore, BoundedSemaphore])(
    'is taken for a block like all of its kind: %o',
    function* (Primitive) {
      const lock = new Primitive()
      expect(lock.locked()).toBe(false)
      {
        using _ = yield* lock.acquire()
        expect(lock.locked()).toBe(true)
      }
      expect(lock.locked()).toBe(false)
    },
  )

  it('is taken no sooner than acquire() is awaited', function* () {
    const lock = new Lock()
    const acquiring = lock.acquire()
    expect(lock.locked()).toBe(false)
    yield* acquiring
    expect({ locked: lock.locked(), acquiring: String(acquiring) }).toEqual({
      locked: true,
      acquiring: '<coroutine object Lock.acquire>',
    })
    const again = createTask(acquiring) // one that is awaited again is done again
    yield* sleep(0)
    expect(again.done()).toBe(false)
    lock.release()
    yield* again
    lock.release()
  })

  it('names the forgotten `yield*` when an acquire() is spread or destructured, and stays usable', function* () {
    const lock = new Lock()
    yield* lock.acquire()
    expect(() => [...lock.acquire()]).toThrow('did you forget `yield*`?')
    expect(() => {
      const [guard] = lock.acquire()
      return guard
    }).toThrow('did you forget `yield*`?')
    expect(String(lock)).toBe('<Lock [locked]>')
    lock.release()
    using _ = yield* lock.acquire()
  })

  it('is not confused by a coroutine() that was driven manually up to its wait for another lock', function* () {
    const lock = new Lock()
    const log: string[] = []
    const waiting = coroutine(function* waiting(): Coroutine<void> {
      yield* lock.acquire()
      log.push('went on')
    })
    const outer = coroutine(function* outer(): Coroutine<void> {
      yield* waiting()
    })
    yield* lock.acquire()
    outer()[Symbol.iterator]().next()
    const other = new Lock()
    yield* other.acquire()
    getRunningLoop().callSoon(() => other.release())
    yield* other.acquire()
    log.push('here')
    expect(log).toEqual(['here'])
    for (const taken of [lock, other]) taken.release()
  })

  it('is named by its waiters', function* () {
    const lock = new Lock()
    const labels: string[] = []
    getRunningLoop().events.on('task:suspended', ({ label }) => labels.push(label))
    yield* lock.acquire()
    const waiting = createTask(holding(lock), { name: 'waiting' })
    yield* sleep(0)
    expect(String(waiting)).toContain(
      'wait_for=<Future pending for=<Lock [locked, waiters:1]>.acquire() cb=[Task.task_wakeup()]',
    )
    expect(labels).toContain('Lock.acquire()')
    lock.release()
    yield* waiting
  })

  it('names itself in a DeadlockError', async () => {
    const hanging = inVirtualTime(function* main() {
      const lock = new Lock()
      yield* lock.acquire()
      yield* lock.acquire()
    })
    await expect(hanging()).rejects.toThrow(
      /^one task waits.*\n {2}Task-1: main\(\) at .*lock\.test\.ts:166 waits for Lock\.acquire\(\)$/,
    )
  })

  it('is passed on, wherever one of the waiters is cancelled', async () => {
    let lock = new Lock()
    let log: string[] = []
    let others: Task[] = []
    function* user(name: string, delay: number): Coroutine<void> {
      yield* sleep(delay)
      using _ = yield* lock.acquire()
      log.push(name)
      yield* sleep(10)
    }
    const { runs } = await explore(
      function* program() {
        lock = new Lock()
        log = []
        others = [createTask(user('before', 0)), createTask(user('behind', 2))]
        yield* user('who is cancelled', 1)
      },
      {
        cancel: 'main',
        times: 'written',
        *check() {
          yield* gather(others)
          expect(log.filter((name) => name !== 'who is cancelled')).toEqual(
            others.length === 2 ? ['before', 'behind'] : [],
          )
          expect(String(lock)).toBe('<Lock [unlocked]>')
          others = []
          log = []
        },
      },
    )
    expect(runs).toBeGreaterThan(8)
  })
})

function* holding(lock: Lock, blocker?: Future<void>): Coroutine<void> {
  yield* lock.acquire()
  try {
    if (blocker !== undefined) yield* blocker
  } finally {
    lock.release()
  }
}
