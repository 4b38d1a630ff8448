import type { ExceptionContext } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { newEventLoop } from './new-event-loop.ts'

describe('newEventLoop()', () => {
  it('creates a loop that can create Tasks', () => {
    const loop = newEventLoop()
    expect(loop.runUntilCompleteSync(loop.createTask(sleep(1, 'slept')))).toBe('slept')
    loop.close()
  })

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
