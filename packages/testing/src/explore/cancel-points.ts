import type { Lane } from './lanes.ts'
import type { CancelAt, WatchedQueue } from './watched-queue.ts'

interface Span {
  readonly path: string
  readonly from: number
  /** The number of cancellations before this span. */
  readonly before: number
  readonly length: number
}

/**
 * All the moments at which a Task of a run could have been cancelled. While a Task waits, every point is such a moment.
 * While it is ready there is only one, just before its step: an earlier request has no effect until then. These
 * points come first, then the beginnings of waits: most bugs show there, and a wait may have many points.
 */
export class CancelPoints {
  readonly #spans: Span[] = []
  /** How many there are. */
  readonly length: number
  /** How many of them come first. */
  readonly lengthOfFirst: number

  /**
   * @param lanes the lanes of the Tasks to cancel
   * @param end the last point
   * @param start the first
   */
  constructor(lanes: readonly Lane[], end: number, start = 1) {
    let length = 0
    const add = (path: string, from: number, to: number): void => {
      const first = Math.max(from, start)
      const count = Math.min(to, end) - first + 1
      if (count <= 0) return
      this.#spans.push({ path, from: first, before: length, length: count })
      length += count
    }
    const steps = lanes.flatMap(({ path, runs, pushes, doneAt }) =>
      runs.map((ran, n) => ({ path, n, ran, waitsUntil: pushes[n + 1] ?? doneAt })),
    )
    steps.sort((a, b) => a.n - b.n)
    for (const { path, n, ran } of steps) if (n > 0) add(path, ran, ran)
    for (const { path, ran, waitsUntil } of steps) add(path, ran + 1, Math.min(ran + 1, waitsUntil))
    for (const { path, n, ran } of steps) if (n === 0) add(path, ran, ran)
    this.lengthOfFirst = length
    for (const { path, ran, waitsUntil } of steps) add(path, ran + 2, waitsUntil)
    this.length = length
  }

  at(index: number): CancelAt {
    let low = 0
    let high = this.#spans.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#spans[middle] as Span).before <= index) low = middle
      else high = middle - 1
    }
    const span = this.#spans[low] as Span
    return { path: span.path, point: span.from + span.length - 1 - (index - span.before) }
  }
}

/** The cancel points of a finished run. */
export function cancelPointsOf(queue: WatchedQueue, tasks: 'each' | 'main', start?: number): CancelPoints {
  const { all } = queue.lanes
  const main = all[0]
  const end = Math.min(queue.executed + 1, main?.doneAt ?? 0)
  return new CancelPoints(tasks === 'main' ? all.slice(0, 1) : all, end, start)
}
