import { type Coroutine, type ExceptionContext, setEventLoop } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { run } from '../run/run.ts'
import { getEventLoop, newEventLoop } from './new-event-loop.ts'

describe('newEventLoop()', () => {
  it('creates a loop that can create Tasks', () => {
    const loop = newEventLoop()
    expect(loop.runUntilCompleteSync(loop.createTask(sleep(1, 'slept')))).toBe('slept')
    loop.close()
  })

  // CPython: test_tasks.BaseTaskTests.test_log_destroyed_pending_task
  it('creates a loop that reports, when it is closed, each Task that will never continue', () => {
    const reports: ExceptionContext[] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    loop.createTask(sleep(1000), { name: 'waiting' })
    loop.runUntilCompleteSync(sleep(1))
    loop.createTask(sleep(1000), { name: 'unborn' })
    loop.close()
    loop.close()
    expect(reports.map(({ message, task }) => [message, String(task)])).toEqual([
      [
        'Task was destroyed but it is pending!',
        expect.stringMatching(/^<Task pending name='waiting' .* wait_for=<Future/),
      ],
      ['Task was destroyed but it is pending!', expect.stringMatching(/^<Task pending name='unborn' /)],
    ])
  })
})

describe('getEventLoop()', () => {
  it('returns the running loop, otherwise the default loop, otherwise a new loop, which it sets', async () => {
    const set = newEventLoop()
    setEventLoop(set)
    function* main(): Coroutine<boolean> {
      const running = getEventLoop()
      yield* sleep(1)
      return running === getEventLoop() && running !== set
    }
    try {
      expect({ result: await run(main()), isSameEventLoop: getEventLoop() === set }).toEqual({
        result: true,
        isSameEventLoop: true,
      })
      setEventLoop(undefined)
      const made = getEventLoop()
      expect({ isOtherMade: made !== set, isSameEventLoop: getEventLoop() === made }).toEqual({
        isOtherMade: true,
        isSameEventLoop: true,
      })
      expect(made.runUntilCompleteSync(sleep(1, 'slept'))).toBe('slept')
      made.close()
    } finally {
      setEventLoop(undefined)
      set.close()
    }
  })
})
