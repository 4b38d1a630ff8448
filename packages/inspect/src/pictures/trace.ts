import { type Recording, rowsOf } from '../recording.ts'
import type { Activity } from '../replay/frame.ts'
import { toStory } from '../story/story.ts'

/** An event of the Trace Event Format. */
export interface TraceEvent {
  readonly name: string
  /** X: a slice; i: a moment; s and f: the two ends of an arrow; M: the name of a track. */
  readonly ph: 'X' | 'i' | 's' | 'f' | 'M'
  readonly pid: number
  readonly tid: number
  /** In µs. */
  readonly ts?: number
  readonly dur?: number
  readonly id?: number
  readonly cat?: string
  readonly bp?: 'e'
  readonly s?: 't'
  readonly args?: Readonly<Record<string, string | number>>
}

/** The format that Perfetto and `chrome://tracing` open. */
export interface Trace {
  readonly displayTimeUnit: 'ms'
  readonly traceEvents: readonly TraceEvent[]
}

const NAMES: Record<Activity, string> = {
  ready: 'ready',
  running: 'runs',
  waiting: 'waits',
  requested: 'cancel requested',
  erring: 'runs, with the error inside',
  cleaning: 'cleans up',
  caught: 'runs, caught the error',
  'caught-waiting': 'waits, caught the error',
}

/**
 * Converts a recording to a trace for Perfetto (https://ui.perfetto.dev): one track for each Task, with arrows for
 * cancellations and errors. Write it to a file with `JSON.stringify()`. Slices of one track never overlap.
 */
export function toTrace(recording: Recording): Trace {
  const rows = rowsOf(recording)
  const times = inMicroseconds(recording)
  const timeOf = (row: number): number => times[Math.min(row, times.length - 1)] ?? 0
  const { lanes, arrows } = toStory(recording)
  const events: TraceEvent[] = []
  for (const { task, name, segments, end } of lanes) {
    const track = { pid: 1, tid: task }
    events.push({ name: 'thread_name', ph: 'M', ...track, args: { name } })
    for (const { state, from, to, label, line } of segments) {
      const ts = timeOf(from)
      const title = label === '' ? NAMES[state] : `${NAMES[state]}: ${label}`
      events.push({ name: title, ph: 'X', ...track, ts, dur: timeOf(to) - ts, args: { state, line } })
    }
    if (end !== undefined) {
      const args = end.error === '' ? {} : { error: end.error }
      events.push({ name: end.outcome, ph: 'i', s: 't', ...track, ts: timeOf(end.row), args })
    }
  }
  for (const [id, { kind, fromTask, fromRow, toTask, toRow, label }] of arrows.entries()) {
    if (fromTask === 0) {
      events.push({ name: `cancel: ${label}`, ph: 'i', s: 't', pid: 1, tid: toTask, ts: timeOf(toRow) })
      continue
    }
    const arrow = { name: kind, cat: kind, id: id + 1, pid: 1 }
    events.push({ ...arrow, ph: 's', tid: fromTask, ts: timeOf(fromRow) })
    events.push({ ...arrow, ph: 'f', bp: 'e', tid: toTask, ts: timeOf(toRow) })
  }
  for (const [n, row] of rows.entries()) {
    if (row.kind === 'print') events.push({ name: row.text, ph: 'i', s: 't', pid: 1, tid: row.task, ts: timeOf(n) })
  }
  return { displayTimeUnit: 'ms', traceEvents: events }
}

/** A second loop of the same program may begin at 0 again, but a trace has a single clock, so time never goes back. */
function inMicroseconds({ rows }: Recording): number[] {
  let latest = 0
  return rows.map(({ time }) => {
    latest = Math.max(latest, Math.round(time * 1000))
    return latest
  })
}
