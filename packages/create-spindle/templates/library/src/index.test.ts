import { it } from '@spindle/testing/vitest'
import { type Coroutine, sleep } from 'spindle'
import { expect, test } from 'vitest'
import { mapLimited, mapLimitedAsync } from './index.ts'

let open = 0

function* double(n: number): Coroutine<number> {
  open++
  expect(open).toBeLessThanOrEqual(2)
  try {
    yield* sleep(100) // `yield*` is Spindle's `await`
    return 2 * n
  } finally {
    open--
  }
}

// In virtual time: it takes no time at all.
it('keeps the order of the items', function* () {
  expect(yield* mapLimited([1, 2, 3], 2, double)).toEqual([2, 4, 6])
})

// Runs it again and again, and cancels each Task at each step.
it.explore(
  'leaves nothing running, whatever is cancelled',
  function* () {
    yield* mapLimited([1, 2], 1, double)
  },
  { check: () => expect(open).toBe(0) },
)

test('async code can use it, too', async () => {
  expect(await mapLimitedAsync([1, 2, 3], 2, async (n) => 2 * n)).toEqual([2, 4, 6])
})
