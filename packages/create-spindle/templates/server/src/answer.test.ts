import { it } from '@spindle/testing/vitest'
import { gather } from 'spindle'
import { expect } from 'vitest'
import { answer, open } from './answer.ts'

// In virtual time: it takes no time at all.
it('greets by name', function* () {
  expect(yield* gather([answer('Ann'), answer('')])).toEqual(['Hello, Ann!\n', 'Hello, world!\n'])
})

// Runs it again and again, and cancels each Task at each step.
it.explore(
  'leaves no answer open, whatever is cancelled',
  function* () {
    yield* gather([answer('Ann'), answer('Bob')])
  },
  { check: () => expect(open).toBe(0) },
)
