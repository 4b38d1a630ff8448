import type { Coroutine } from '@spindle/loop'
import { explore } from '@spindle/testing'
import { expect } from 'vitest'

/**
 * Cancels a program at each of its points, once and twice. At the end of each run its count is back at 0, no Task is
 * left, and its Task is cancelled if and only if a cancellation was requested.
 * @param program counts what it has open
 */
export async function leavesNothing(program: (open: { count: number }) => Coroutine<unknown>): Promise<void> {
  for (const cancel of ['main', 'main twice'] as const) {
    let open = { count: 0 }
    const begin = (): Coroutine<unknown> => {
      open = { count: 0 }
      return program(open)
    }
    const { runs } = await explore(begin, {
      cancel,
      times: 'written',
      check: ({ task, cancelled, left }) => {
        const expected = { open: 0, left: [], cancelled: cancelled.length > 0 }
        expect({ open: open.count, left, cancelled: task.cancelled() }).toEqual(expected)
      },
    })
    expect(runs).toBeGreaterThan(5)
  }
}
