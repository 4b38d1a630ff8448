import type { Coroutine } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { createTask } from './ensure-future.ts'
import { printStack } from './print-stack.browser.ts'

describe('printStack in a bundle for browsers', () => {
  it('prints the error of a Task with its causes, or that there is no stack', function* () {
    function* failing(): Coroutine<void> {
      yield* sleep(1)
      throw new RangeError('too far', { cause: new Error('the map is old') })
    }
    const task = createTask(failing(), { name: 'walk' })
    const printed: string[] = []
    const print = (text: string): unknown => printed.push(text)
    printStack(task, { print })
    yield* outcome(task)
    printStack(task, { print })
    expect(printed).toEqual([
      expect.stringMatching(/^No stack for <Task pending name='walk' /),
      expect.stringMatching(
        /^Traceback for <Task finished name='walk' .*\(most recent call first\):\n.*the map is old/s,
      ),
    ])
  })
})
