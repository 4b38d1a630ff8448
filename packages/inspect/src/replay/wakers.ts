import type { Row } from '../recording.ts'

/** Represents several Tasks: the end of one of them wakes the Task that waits for it. */
const COMBINED = /^(?:gather|wait|asCompleted|shield|TaskGroup)\b/

interface Wait {
  /** Whether the Task waits for one of several Tasks, or all of them. */
  isCombined: boolean
  /** Whether a timer may end that, too. */
  isTimed: boolean
  /** The row that made it ready; -1 while it waits. */
  waker: number
  /** The last Task whose end reached it through a gather, a group, … since it waits; 0 if none. */
  told: number
  toldAt: number
}

/**
 * The row that made a Task ready, for each row at which one runs: the end of the Task that it waited for, the
 * cancellation request, its creation, its own `sleep(0)`; otherwise the `ready` row, at which a timer was due, or
 * another Task completed what it waited for.
 */
export function findWakers(rows: readonly Row[]): ReadonlyMap<number, number> {
  const wakers = new Map<number, number>()
  const waits = new Map<number, Wait>()
  const requests = new Map<number, number>()
  const ends = new Map<number, number>()
  let running = 0
  for (const [n, row] of rows.entries()) {
    switch (row.kind) {
      case 'created':
        waits.set(row.task, { isCombined: false, isTimed: false, waker: n, told: 0, toldAt: -1 })
        break
      case 'suspended': {
        const waker = row.label === 'sleep(0)' ? n : -1
        const isCombined = COMBINED.test(row.label)
        waits.set(row.task, { isCombined, isTimed: row.label.startsWith('wait('), waker, told: 0, toldAt: -1 })
        running = 0
        break
      }
      case 'told': {
        const wait = waits.get(row.to)
        if (wait?.waker === -1) Object.assign(wait, { told: row.task, toldAt: n })
        break
      }
      case 'ready': {
        const wait = waits.get(row.task)
        if (wait?.waker !== -1) break
        const isDue = wait.isTimed && rows[wait.toldAt]?.time !== row.time
        const isTold = running === 0 && wait.isCombined && wait.told > 0 && !isDue
        wait.waker = isTold ? (ends.get(wait.told) ?? n) : n
        break
      }
      case 'cancelling':
        requests.set(row.task, n)
        break
      case 'taken-back':
        requests.delete(row.task)
        break
      case 'step': {
        const waker = wakerOf(row.from, row.by, waits.get(row.task), requests.get(row.task), ends)
        if (waker !== undefined) wakers.set(n, waker)
        if (row.by === 'cancel') requests.delete(row.task)
        running = row.task
        break
      }
      case 'done':
        ends.set(row.task, n)
        running = 0
        break
    }
  }
  return wakers
}

function wakerOf(
  from: number,
  by: string,
  wait: Wait | undefined,
  request: number | undefined,
  ends: ReadonlyMap<number, number>,
): number | undefined {
  const end = ends.get(from)
  if (end !== undefined) return end
  // A request goes first to the awaitable of the Task; if several Tasks end because of it, the last of them woke it.
  const isLater = request !== undefined && (wait === undefined || !wait.isCombined || request > wait.toldAt)
  if (by === 'cancel' && isLater) return request
  return wait === undefined || wait.waker === -1 ? undefined : wait.waker
}
