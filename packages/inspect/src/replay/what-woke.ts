import type { Row } from '../recording.ts'
import type { Cause } from './frame.ts'
import type { Replay } from './replay.ts'

/** Why a Task ran, and the row at which it was made ready. */
export interface Waker {
  readonly row: number
  /** `main ran because child ended` */
  readonly text: string
}

/**
 * Why a Task runs, or ran last; undefined if the recording has no cause.
 * @param task by default the Task that runs at the row, or else the Task of the row
 */
export function whatWoke(run: Replay, at: number, task: number = run.taskAt(at)): Waker | undefined {
  const { rows } = run.recording
  const { tasks } = run.frame(Math.min(at, rows.length - 1))
  const woken = tasks.get(task)
  if (woken?.cause === undefined) return undefined
  const name = (task: number): string => tasks.get(task)?.name ?? 'plain code'
  return { row: woken.cause.row, text: `${woken.name} ran because ${sayCause(woken.cause, woken.id, rows, name)}` }
}

/** `child ended`, `sleep(5) was over` */
export function sayCause(
  { row, by, label }: Cause,
  woken: number,
  rows: readonly Row[],
  name: (task: number) => string,
): string {
  const waker = rows[row]!
  switch (waker.kind) {
    case 'created':
      return waker.parent > 0 ? `${name(waker.parent)} created it` : 'run() created it'
    case 'done':
      return `${name(waker.task)} ended`
    case 'cancelling':
      return `its cancel was requested${waker.by > 0 ? ` by ${name(waker.by)}` : ''}`
    case 'suspended':
      return 'it only let the others run'
    default: {
      const awaited = label || 'its awaitable'
      return by === 0 || by === woken ? `${awaited} was over` : `${name(by)} completed ${awaited}`
    }
  }
}
