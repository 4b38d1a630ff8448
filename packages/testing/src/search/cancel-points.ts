import type { ExploredQueue } from '../run/explored-queue.ts'
import { type Lane, stepName } from '../run/lanes.ts'
import type { CancelItem } from '../schedule/schedule.ts'

interface Span {
  readonly path: string
  /** The step before which the Task is cancelled; undefined: it waits. */
  readonly step: number | undefined
  readonly from: number
  /** The number of cancellations before this span. */
  readonly before: number
  readonly length: number
}

interface Points {
  readonly length: number
  at(index: number): CancelItem
}

/**
 * All the moments at which a Task of a run could have been cancelled. While a Task waits, every point is such a moment.
 * While it is ready there is only one, just before its step: an earlier request has no effect until then. These
 * points come first, then the beginnings of waits: most bugs show there, and a wait may have many points.
 */
export class CancelPoints {
  readonly #queue: ExploredQueue
  readonly #spans: Span[] = []
  /** How many there are. */
  readonly length: number
  readonly first: Points
  readonly last: Points

  /**
   * @param queue the queue of a run that has ended
   * @param tasks whether each Task may be cancelled, or only the main one
   * @param start the first point
   */
  constructor(queue: ExploredQueue, tasks: 'each' | 'main', start = 1) {
    this.#queue = queue
    const { all } = queue.lanes
    const end = Math.min(queue.executed + 1, all[0]?.doneAt ?? 0)
    let length = 0
    const add = (path: string, from: number, to: number, step?: number): void => {
      const first = Math.max(from, start)
      const count = Math.min(to, end) - first + 1
      if (count <= 0) return
      this.#spans.push({ path, step, from: first, before: length, length: count })
      length += count
    }
    const steps = (tasks === 'main' ? all.slice(0, 1) : all).flatMap(({ path, runs, waitedUntil, doneAt }) =>
      runs.map((ran, n) => ({ path, n, ran, waitsUntil: Math.min(waitedUntil[n + 1] ?? doneAt, end) })),
    )
    steps.sort((a, b) => a.n - b.n)
    for (const { path, n, ran } of steps) if (n > 0) add(path, ran, ran, n + 1)
    for (const { path, ran, waitsUntil } of steps) add(path, ran + 1, Math.min(ran + 1, waitsUntil))
    for (const { path, ran, waitsUntil } of steps) add(path, Math.max(ran + 2, waitsUntil), waitsUntil)
    for (const { path, n, ran } of steps) if (n === 0) add(path, ran, ran, 1)
    const ofFirst = length
    for (const { path, ran, waitsUntil } of steps) add(path, ran + 2, waitsUntil - 1)
    this.length = length
    this.first = { length: ofFirst, at: (index) => this.at(index) }
    this.last = { length: length - ofFirst, at: (index) => this.at(ofFirst + index) }
  }

  at(index: number): CancelItem {
    const { path, step, from, length, before } = this.#spans.findLast((span) => span.before <= index) as Span
    const point = from + length - 1 - (index - before)
    if (step === undefined) return cancelWhileWaiting(this.#queue, path, point)
    return { kind: 'cancel', path, where: 'before', step: stepName(path, step) }
  }
}

/** Cancels a Task at a point where it waits: after the step that ran last. */
export function cancelWhileWaiting({ trace }: ExploredQueue, path: string, point: number): CancelItem {
  const last = trace[point - 2] as Lane
  const number = last.runs.filter((ran) => ran < point).length
  return { kind: 'cancel', path, where: 'after', step: stepName(last.path, number) }
}
