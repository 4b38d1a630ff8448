import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
import { allTasks, currentTask } from './current-task.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'
import type { Task } from './task-class.ts'

describe('currentTask()', () => {
  it('is the Task whose step is running, whoever steps in between', function* () {
    const log: unknown[] = []
    const main = currentTask()
    function* work(): Coroutine<void> {
      log.push(currentTask()?.getName(), currentTask({ loop: getRunningLoop() })?.getName())
      yield* sleep(0)
      log.push(currentTask()?.getName())
    }
    yield* gather([createTask(work(), { name: 'a' }), createTask(work(), { name: 'b' })])
    expect(log).toEqual(['a', 'a', 'b', 'b', 'a', 'b'])
    expect(currentTask()).toBe(main)
  })

  it('is undefined in a callback, whatever ran before it', function* () {
    const log: unknown[] = []
    const loop = getRunningLoop()
    const future = loop.createFuture<void>()
    future.addDoneCallback(() => log.push('done callback', currentTask()))
    loop.callSoon(() => log.push('callback', currentTask()))
    future.setResult()
    const task = createTask(sleep(0))
    loop.callLater(0, () => log.push('timer', currentTask()))
    task.addDoneCallback(() => log.push('callback of a Task', currentTask()))
    yield* sleep(1)
    expect(log).toEqual([
      ...['callback', undefined, 'done callback', undefined, 'timer', undefined, 'callback of a Task', undefined],
    ])
  })

  it('needs a loop: the running one, or the given one', async () => {
    expect(() => currentTask()).toThrow(/^no running event loop\. .*getHostLoop\(\)/)
    expect(() => allTasks()).toThrow(/^no running event loop\. .*getHostLoop\(\)/)
    const loop = newEventLoop()
    expect(currentTask({ loop })).toBeUndefined()
    const seen: unknown[] = []
    function* work(): Coroutine<void> {
      // The host gets its turn while we wait: there no Task is running.
      const turn = loop.createFuture<void>()
      setImmediate(() => {
        seen.push(currentTask({ loop }))
        turn.setResult()
      })
      queueMicrotask(() => seen.push(currentTask({ loop })))
      yield* turn
      seen.push(currentTask({ loop })?.getName())
    }
    await loop.runUntilComplete(loop.createTask(work(), { name: 'work' }))
    expect([seen, currentTask({ loop })]).toEqual([[undefined, undefined, 'work'], undefined])
    loop.close()
  })
})

describe('allTasks()', () => {
  it('are the Tasks that are not done, in the order they were made', function* () {
    const names = (): string[] => [...allTasks()].map((task: Task) => task.getName())
    currentTask()?.setName('main')
    const log: string[][] = [names()]
    const tasks = ['a', 'b', 'c'].map((name, index) => createTask(sleep(10 * (3 - index)), { name }))
    function* quick(): Coroutine<void> {
      log.push(names())
    }
    createTask(quick(), { name: 'eager', eagerStart: true })
    log.push(names())
    yield* sleep(10)
    yield* sleep(0)
    log.push(names())
    tasks[0]?.cancel()
    log.push(names()) // cancellation requested, but not done
    yield* sleep(0)
    log.push(names())
    yield* sleep(100)
    log.push(names())
    expect(log).toEqual([
      ['main'],
      ['main', 'a', 'b', 'c', 'eager'],
      ['main', 'a', 'b', 'c'],
      ['main', 'a', 'b'],
      ['main', 'a', 'b'],
      ['main', 'b'],
      ['main'],
    ])
  })
})
