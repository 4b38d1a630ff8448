import { it } from '@spindle/testing/vitest'
import { expect } from 'vitest'
import { countDown } from './count-down.ts'

// In virtual time: it takes no time at all.
it('shows each second', function* () {
  const shown: number[] = []
  yield* countDown(3, (left) => shown.push(left))
  expect(shown).toEqual([3, 2, 1, 0])
})

let last: number | undefined

// Runs it again and again, and cancels it at each step.
it.explore(
  'ends where it began, or at zero',
  function* () {
    last = undefined
    yield* countDown(3, (left) => {
      last = left
    })
  },
  { check: () => expect([undefined, 0, 3]).toContain(last) },
)
