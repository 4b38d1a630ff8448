// Facts that need the whole recording: names, ends, and whether an error that came into a Task left it again.

import type { Row, RowOf } from '../recording.ts'

export interface RowIndex {
  readonly names: ReadonlyMap<number, string>
  readonly ends: ReadonlyMap<number, { readonly n: number; readonly row: RowOf<'done'> }>
  /** The Tasks whose exceptions nothing received. */
  readonly lost: ReadonlySet<number>
  /** The `step` rows of errors that the Task did not catch, or not for long: it ended with them. */
  readonly passedOn: ReadonlySet<number>
  readonly orphans: ReadonlyMap<number, Orphan>
}

/** A Task whose maker, another Task or `save()`, ended at that row. No Task waits for it from then on. */
export interface Orphan {
  readonly maker: string
  readonly row: number
}

export function indexOf(rows: readonly Row[]): RowIndex {
  const ends = new Map<number, { readonly n: number; readonly row: RowOf<'done'> }>()
  const lost = new Set<number>()
  for (let n = 0; n < rows.length; n++) {
    const row = rows[n]!
    if (row.kind === 'done') ends.set(row.task, { n, row })
    else if (row.kind === 'lost') lost.add(row.task)
  }
  const names = nameTasks(rows)
  return { names, ends, lost, passedOn: errorsPassedOn(rows), orphans: orphansOf(rows, names) }
}

function orphansOf(rows: readonly Row[], names: ReadonlyMap<number, string>): Map<number, Orphan> {
  const orphans = new Map<number, Orphan>()
  // The Tasks that have not ended, by their maker. With the first Task of a run, all others end.
  const made = new Map<number, Set<number>>()
  const parents = new Map<number, number>()
  for (const [n, row] of rows.entries()) {
    if (row.kind === 'created') {
      parents.set(row.task, row.parent)
      made.set(row.parent, (made.get(row.parent) ?? new Set()).add(row.task))
    } else if (row.kind === 'left') orphans.set(row.made, { maker: `${row.function}()`, row: n })
    else if (row.kind === 'joined') orphans.delete(row.task)
    else if (row.kind === 'suspended') for (const id of [row.on, ...(row.members ?? [])]) orphans.delete(id)
    else if (row.kind === 'done') {
      const parent = parents.get(row.task) ?? 0
      made.get(parent)?.delete(row.task)
      for (const id of parent > 0 ? (made.get(row.task) ?? []) : [])
        if (!orphans.has(id)) orphans.set(id, { maker: names.get(row.task)!, row: n })
    }
  }
  return orphans
}

/** Tasks with the same name are distinguished by a number. */
function nameTasks(rows: readonly Row[]): Map<number, string> {
  const counts = new Map<string, number>()
  const created: RowOf<'created'>[] = []
  for (const row of rows) {
    if (row.kind !== 'created') continue
    created.push(row)
    counts.set(row.name, (counts.get(row.name) ?? 0) + 1)
  }
  const seen = new Map<string, number>()
  const names = new Map<number, string>()
  for (const row of created) {
    const nth = (seen.get(row.name) ?? 0) + 1
    seen.set(row.name, nth)
    names.set(row.task, counts.get(row.name)! > 1 ? `${row.name} ${nth}` : row.name)
  }
  return names
}

interface Arrived {
  readonly step: number
  readonly isCancel: boolean
  evidence: 'none' | 'caught' | 'finally' | 'caught, then taken back'
  /** Cancellation requests since then, which a `taken-back` may be about. */
  requests: number
}

/**
 * No event tells that a Task caught an error, outside of the Lab. What is certain only later: the error left the Task
 * if the Task ended with it, if the block that had requested the cancellation took that back, or if the error led into
 * a `finally`.
 */
function errorsPassedOn(rows: readonly Row[]): Set<number> {
  const passedOn = new Set<number>()
  const arrived = new Map<number, Arrived>()
  for (const [n, row] of rows.entries()) {
    if (!('task' in row)) continue
    const error = arrived.get(row.task)
    if (row.kind === 'step' && (row.by === 'cancel' || row.by === 'error')) {
      if (error?.evidence === 'finally') passedOn.add(error.step)
      arrived.set(row.task, { step: n, isCancel: row.by === 'cancel', evidence: 'none', requests: 0 })
    }
    if (error === undefined) continue
    if (row.kind === 'cancelling') error.requests++
    else if (row.kind === 'finally' && error.evidence === 'none') error.evidence = 'finally'
    else if (row.kind === 'caught') {
      // The `catch` inside a block with a deadline threw it again, and that block made another error of it.
      if (error.evidence === 'caught, then taken back') passedOn.add(error.step)
      else error.evidence = 'caught'
    } else if (row.kind === 'suspended' && error.evidence === 'caught, then taken back') arrived.delete(row.task)
    else if (row.kind === 'taken-back') {
      if (error.requests-- > 0) continue
      if (error.evidence === 'caught') {
        error.evidence = 'caught, then taken back'
        continue
      }
      if (error.isCancel) passedOn.add(error.step)
      arrived.delete(row.task)
    } else if (row.kind === 'done') {
      // A Task that is cancelled in its last step ends cancelled, too.
      const isCancelled = row.outcome === 'cancelled' && error.requests === 0
      const left = error.isCancel ? isCancelled : row.outcome === 'threw' && row.from === row.task
      if (left) passedOn.add(error.step)
      arrived.delete(row.task)
    }
  }
  return passedOn
}
