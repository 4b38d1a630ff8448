// Repetition in a lane: a Task that waits for the same at the same line several times in a row.

import type { Row } from '../recording.ts'
import type { Lane } from '../story/story.ts'

/** A part of a lane in which a Task does the same `count` times. */
export interface Fold {
  /** Rows. */
  readonly from: number
  readonly to: number
  readonly count: number
  readonly label: string
  readonly line: number
}

const MIN_COUNT = 4
// What a Task may do in each round. Anything else, such as a request to cancel or a new Task, is drawn by itself.
const FOLDED: ReadonlySet<Row['kind']> = new Set(['step', 'suspended', 'ready', 'told', 'resource', 'print', 'finally'])

/** Finds the repetitions of a lane, up to the row `last`. A request, an error and another wait end one. */
export function foldsOf({ segments }: Lane, rows: readonly Row[], last: number = rows.length - 1): Fold[] {
  const folds: Fold[] = []
  for (let begin = 0; begin < segments.length; begin++) {
    const { state, label, line, from } = segments[begin]!
    if (state !== 'waiting') continue
    const waits: number[] = []
    for (let n = begin; n < segments.length; n++) {
      const one = segments[n]!
      if (one.state === 'waiting' && one.label === label && one.line === line) waits.push(n)
      else if (one.state === 'running' && isPlain(rows, one.from, Math.min(one.to, last + 1))) continue
      else if (one.state !== 'ready') {
        // A wait that a request or an error ended is no repetition.
        if (one.state !== 'running' && one.state !== 'waiting') waits.pop()
        break
      }
    }
    const end = Math.max(waits.at(-1) ?? 0, begin)
    const to = Math.min(segments[end]!.to, last + 1)
    if (waits.length >= MIN_COUNT) folds.push({ from, to, count: waits.length, label, line })
    begin = end
  }
  return folds
}

function isPlain(rows: readonly Row[], from: number, to: number): boolean {
  for (let n = from; n < to; n++) if (!FOLDED.has(rows[n]!.kind)) return false
  return true
}

/** The rows that only repeat what is folded: all their Tasks do in them is a part of a repetition. */
export function foldedRows(folds: ReadonlyMap<number, readonly Fold[]>, rows: readonly Row[]): Set<number> {
  const folded = new Set<number>()
  for (const [task, all] of folds) {
    for (const { from, to } of all) {
      for (let n = from + 1; n < to; n++) {
        const row = rows[n]!
        if (row.kind !== 'print' && FOLDED.has(row.kind) && 'task' in row && row.task === task) folded.add(n)
      }
    }
  }
  return folded
}
