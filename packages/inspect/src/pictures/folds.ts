// Repetition in a lane: a Task that waits for the same at the same line several times in a row, or for the same two or
// three things in turn.

import type { Row } from '../recording.ts'
import type { Lane, Segment } from '../story/story.ts'

/** A part of a lane: its Task does the same `count` times. */
export interface Fold {
  /** Rows. */
  readonly from: number
  readonly to: number
  readonly count: number
  /** Its awaitables in each round, with the lines. */
  readonly label: string
}

const MIN_COUNT = 4
const MAX_PERIOD = 3
// The rows of a round. Any other row, such as a request to cancel or a new Task, is drawn by itself.
const FOLDED: ReadonlySet<Row['kind']> = new Set(['step', 'suspended', 'ready', 'told', 'resource', 'print', 'finally'])

/** Finds the repetitions of a lane, up to the row `last`. A request, an error and another wait end one. */
export function foldsOf({ segments }: Lane, rows: readonly Row[], last: number = rows.length - 1): Fold[] {
  const folds: Fold[] = []
  let waits: Segment[] = []
  const close = (): void => {
    folds.push(...repetitions(waits, last))
    waits = []
  }
  for (const segment of segments) {
    if (segment.state === 'waiting') waits.push(segment)
    else if (segment.state === 'running') {
      if (!isPlain(rows, segment.from, Math.min(segment.to, last + 1))) close()
    } else if (segment.state !== 'ready') {
      waits.pop() // a wait that a request or an error ended is no repetition
      close()
    }
  }
  close()
  return folds
}

function repetitions(waits: readonly Segment[], last: number): Fold[] {
  const folds: Fold[] = []
  let begin = 0
  while (begin < waits.length) {
    let count = 0
    let period = 0
    while (count < MIN_COUNT && ++period <= MAX_PERIOD) {
      let end = begin + period
      while (end < waits.length && isSame(waits[end]!, waits[end - period]!)) end++
      count = Math.floor((end - begin) / period)
    }
    if (count < MIN_COUNT) {
      begin++
      continue
    }
    const round = waits.slice(begin, begin + period)
    const label = round.map(({ label, line }) => (line > 0 ? `${label} :${line}` : label)).join(', ')
    const { from } = waits[begin]!
    begin += count * period
    folds.push({ from, to: Math.min(waits[begin - 1]!.to, last + 1), count, label })
  }
  return folds
}

function isSame(one: Segment, other: Segment): boolean {
  return one.label === other.label && one.line === other.line
}

function isPlain(rows: readonly Row[], from: number, to: number): boolean {
  for (let n = from; n < to; n++) if (!FOLDED.has(rows[n]!.kind)) return false
  return true
}

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
