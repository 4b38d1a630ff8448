import type { Activity, Replay, Row, TaskState } from '@spindle/inspect'

/** A Task at the cursor, in words. */
export interface TaskInWords {
  readonly task: number
  readonly name: string
  readonly status: TaskState['status']
  readonly isRequested: boolean
  readonly says: string
  /** The line at which it waits, or from which it continues; 0: unknown. */
  readonly line: number
}

const ENDS = { returned: 'returned', threw: 'failed', cancelled: 'cancelled' }
const ACTIVITIES: Partial<Record<Activity, string>> = {
  requested: 'cancel requested',
  erring: 'running, with the error inside',
  cleaning: 'cleaning up',
  caught: 'running: caught the exception',
}

/** The Tasks after a row. */
export function tasksIn(replay: Replay, at: number): TaskInWords[] {
  const { rows } = replay.recording
  const { tasks } = replay.at(at)
  return Array.from(tasks.values(), ({ id, name, status, activity, isRequested, waitsFor, positions }) => {
    const awaited = waitsFor && (tasks.get(waitsFor.task)?.name ?? waitsFor.label)
    const doing = activity === undefined ? ENDS[status as keyof typeof ENDS] : (ACTIVITIES[activity] ?? status)
    const says = awaited === undefined ? doing : doing === 'waiting' ? `waiting for ${awaited}` : `${doing}: ${awaited}`
    const line = status === 'running' ? lastLine(rows, at, id) : (positions.at(-1)?.line ?? 0)
    return { task: id, name, status, isRequested, says, line }
  })
}

/** The line at which a running Task last waited, or of the `catch` or `finally` that it has entered since. */
function lastLine(rows: readonly Row[], at: number, task: number): number {
  for (let n = at; n >= 0; n--) {
    const row = rows[n]!
    if (row.kind === 'suspended' && row.task === task) return row.positions.at(-1)?.line ?? 0
    if ((row.kind === 'caught' || row.kind === 'finally') && row.task === task) return row.line
  }
  return 0
}
