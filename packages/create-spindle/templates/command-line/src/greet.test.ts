import { it } from '@spindle/testing/vitest'
import { createTask, sleep, wait } from 'spindle'
import { expect } from 'vitest'
import { greet, greetAll, open } from './greet.ts'

// In virtual time: it takes no time at all.
it('greets everyone', function* () {
  expect(yield* greetAll(['Ann', 'Bob'])).toEqual(['Hello, Ann!', 'Hello, Bob!'])
})

it('can be cancelled', function* () {
  const task = createTask(greet('Ann'))
  yield* sleep(10)
  task.cancel()
  yield* wait([task])
  expect(task.cancelled()).toBe(true)
})

// Runs it again and again, and cancels each Task at each step.
it.explore(
  'leaves no greeting open, whatever is cancelled',
  function* () {
    yield* greetAll(['Ann', 'Bob'])
  },
  { check: () => expect(open).toBe(0) },
)
