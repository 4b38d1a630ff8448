import { type Coroutine, getRunningLoop, type LoopEventMap } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { Condition } from './condition.ts'
import { Lock } from './lock.ts'
import { Queue } from './queue.ts'
import { Semaphore } from './semaphore.ts'

/** Runs the program with a listener, and returns what it heard. */
function* heard(program: () => Coroutine<unknown>): Coroutine<string[]> {
  const log: string[] = []
  const listener = ({ label, action, task, to, value }: LoopEventMap['resource']): void => {
    log.push(`${label} ${action} by ${task?.getName()}${to === undefined ? '' : ` to ${to.getName()}`}, ${value}`)
  }
  const { events } = getRunningLoop()
  events.on('resource', listener)
  yield* createTask(program(), { name: 'main' })
  events.off('resource', listener)
  return log
}

describe('the event resource', () => {
  it('tells who acquires a lock, and to whom it is handed on', function* () {
    const lock = new Lock()
    function* user(): Coroutine<void> {
      using _ = yield* lock.acquire()
      yield* sleep(1)
    }
    const log = yield* heard(function* () {
      const tasks = ['a', 'b', 'c'].map((name) => createTask(user(), { name }))
      yield* sleep(0.5)
      tasks[1]?.cancel()
      yield* gather(tasks, { returnExceptions: true })
    })
    expect(log).toEqual([
      'Lock acquired by a, 0',
      'Lock handed-on by a to c, 1',
      'Lock acquired by c, 0',
      'Lock released by c, 1',
    ])
  })

  it('tells how many permits of a semaphore are free', function* () {
    const semaphore = new Semaphore(2)
    function* user(): Coroutine<void> {
      using _ = yield* semaphore.acquire()
      yield* sleep(1)
    }
    const log = yield* heard(function* () {
      yield* gather(['a', 'b', 'c'].map((name) => createTask(user(), { name })))
    })
    expect(log).toEqual([
      'Semaphore acquired by a, 1',
      'Semaphore acquired by b, 0',
      'Semaphore handed-on by a to c, 1',
      'Semaphore released by b, 1',
      'Semaphore acquired by c, 1',
      'Semaphore released by c, 2',
    ])
  })

  it('tells the length of a queue, and of the lock of a condition', function* () {
    const log = yield* heard(function* () {
      const queue = new Queue<number>()
      queue.putNowait(1)
      yield* queue.put(2)
      yield* queue.get()
      queue.shutdown({ immediate: true })
      const condition = new Condition()
      using _ = yield* condition.acquire()
    })
    expect(log).toEqual([
      'Queue put by main, 1',
      'Queue put by main, 2',
      'Queue got by main, 1',
      'Queue dropped by main, 0',
      'Lock acquired by main, 0',
      'Lock released by main, 1',
    ])
  })

  it('is made for the loop that has a listener, and the last listener takes the trouble away', function* () {
    const other = newEventLoop()
    let count = 0
    const listener = (): void => void count++
    other.events.on('resource', listener).on('resource', () => count++)
    expect(other.probe).toBeDefined()
    const lock = new Lock()
    {
      using _ = yield* lock.acquire()
    }
    other.events.off('resource', listener)
    expect(other.probe).toBeDefined()
    other.events.removeAllListeners()
    other.close()
    expect([count, other.probe]).toEqual([0, undefined])
  })
})
