import type { Activity, Replay, TaskState } from '@spindle/inspect'

export interface TaskInWords {
  readonly task: number
  readonly name: string
  readonly status: TaskState['status']
  readonly isRequested: boolean
  readonly says: string
  /** The line at which it waits, from which it continues, or of the `catch` or `finally` it has entered; 0: unknown. */
  readonly line: number
}

const ACTIVITIES: Partial<Record<Activity, string>> = {
  requested: 'cancel requested',
  erring: 'running, with the error inside',
  cleaning: 'cleaning up',
  caught: 'running: caught the exception',
}

export function tasksIn(replay: Replay, at: number): TaskInWords[] {
  const { tasks } = replay.at(at)
  return Array.from(tasks.values(), ({ id, name, status, activity, isRequested, waitsFor, positions }) => {
    const awaited = waitsFor && (tasks.get(waitsFor.task)?.name ?? waitsFor.label)
    const doing = status === 'threw' ? 'failed' : ((activity && ACTIVITIES[activity]) ?? status)
    const says = awaited === undefined ? doing : doing === 'waiting' ? `waiting for ${awaited}` : `${doing}: ${awaited}`
    return { task: id, name, status, isRequested, says, line: positions.at(-1)?.line ?? 0 }
  })
}
