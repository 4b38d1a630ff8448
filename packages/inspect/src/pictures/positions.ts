// The position of each row on the x axis: one step for each stop of the cursor, with a gap wherever time passes, or
// true time.

import type { Recording } from '../recording.ts'
import { isStop } from '../story/story.ts'
import { round } from './svg-text.ts'

export const UNIT = 22
/** The width of a row of a Task that shares a lane, and that of all of these. */
const GROUPED_UNIT = 2
const GROUPED_WIDTH = 400

/** The rows around the cursor: `size` of `rows`, which have separate steps, and all between them. */
export function windowOf(
  rows: readonly number[],
  cursor: number | undefined,
  size: number,
): { first: number; last: number } {
  const all = rows.length - 1
  if (all < size) return { first: 0, last: Number.POSITIVE_INFINITY }
  // The picture moves by half a window, so that it stays in place while the cursor moves inside one.
  const half = Math.floor(size / 2)
  const at = rows.findLastIndex((row) => row <= (cursor ?? 0))
  const first = Math.max(0, Math.min(Math.floor(at / half) * half, all - size))
  return { first: rows[first]!, last: rows[first + size]! }
}

/** Moves positions that begin at `left` so that the last of them is at `right`. */
export function fit(xs: number[], left: number, right: number): void {
  const scale = (right - left) / (xs.at(-1)! - left)
  for (let n = 0; n < xs.length; n++) xs[n] = round(left + (xs[n]! - left) * scale)
}

/** Moves each position to its time, at a given number of px per ms. */
export function toTime(xs: number[], { rows }: Recording, scale: number): void {
  const left = xs[0]!
  for (const [n, { time }] of rows.entries()) xs[n] = round(left + (time - rows[0]!.time) * scale)
  xs[xs.length - 1] = xs[rows.length - 1] ?? left
}

export function xPositions(
  { rows }: Recording,
  left: number,
  first: number,
  last: number,
  folded: ReadonlySet<number>,
  foldedWidth: number,
  own: ReadonlySet<number> | undefined,
): number[] {
  const xs = new Array<number>(Math.max(rows.length, 1) + 1).fill(left)
  let x = left
  const grouped = Math.min(GROUPED_UNIT, GROUPED_WIDTH / (rows.length - (own?.size ?? 0)))
  let foldFrom = 0 // the row before the repetition
  for (let n = first + 1; n <= last; n++) {
    const row = rows[n]!
    const since = row.time - rows[n - 1]!.time
    if (since > 0) x += 14 + 6 * Math.log2(1 + since)
    if (own !== undefined && !own.has(n)) x += grouped
    else if (isStop(row)) x += UNIT
    xs[n] = x
    if (!folded.has(n)) continue
    if (!folded.has(n - 1)) foldFrom = n - 1
    const start = xs[foldFrom]!
    if (folded.has(n + 1) || x - start <= foldedWidth) continue
    const scale = foldedWidth / (x - start)
    for (let m = foldFrom + 1; m <= n; m++) xs[m] = start + (xs[m]! - start) * scale
    x = start + foldedWidth
  }
  xs.fill(x, last + 1)
  xs[xs.length - 1] = x + UNIT // the end of whatever has not ended
  return xs
}
