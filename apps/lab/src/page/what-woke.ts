import type { Replay } from '@spindle/inspect'

/** Why a Task ran, and the row at which it was made ready. */
export interface Waker {
  readonly row: number
  readonly text: string
}

/** Why the Task of a row runs; undefined if the recording has no cause. */
export function whatWoke(replay: Replay, at: number): Waker | undefined {
  const { rows } = replay.recording
  const woken = runningAt(replay, at)
  if (woken === 0) return undefined
  replay.seek(at)
  const row = replay.backToWaker(woken).at
  const waker = rows[row]
  if (waker === undefined || row === at) return undefined
  const { tasks } = replay.at(row)
  const name = (task: number): string => tasks.get(task)?.name ?? 'plain code'
  const who = name(woken)
  const because = (): string => {
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
        const { waitsFor } = replay.at(row - 1).tasks.get(woken) ?? {}
        const by = runningAt(replay, row - 1, 'running')
        if (by === 0 || by === woken) return `${waitsFor?.label ?? 'what it waited for'} was over`
        return `${name(by)} completed what it waited for, ${waitsFor?.label ?? 'a Future'}`
      }
    }
  }
  return { row, text: `${who} ran because ${because()}` }
}

/** The Task that runs at a row, or else the Task of the row; 0: none. */
function runningAt(replay: Replay, at: number, only?: 'running'): number {
  const running = [...replay.at(at).tasks.values()].find(({ status }) => status === 'running')
  const row = replay.recording.rows[at]
  return running?.id ?? (only === undefined && row !== undefined && 'task' in row ? row.task : 0)
}
