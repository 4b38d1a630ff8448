import { type Recording, type Row, replay } from '@spindle/inspect'
import type { Prediction } from './lesson.ts'

export function truth(prediction: Prediction, recording: Recording): string {
  const { rows } = recording
  switch (prediction.kind) {
    case 'output':
      return printed(recording).join('\n')
    case 'time':
      return String(Math.round(rows.at(-1)?.time ?? 0))
    case 'line': {
      const thrown = firstCancel(rows)
      const step = rows[thrown]
      const task =
        step?.kind === 'step'
          ? replay(recording)
              .at(thrown - 1)
              .tasks.get(step.task)
          : undefined
      return String(task?.positions.at(-1)?.line ?? 'nowhere')
    }
  }
}

/** The row at which the run confirms or refutes a guess. */
export function momentOf(prediction: Prediction, guess: string, { rows }: Recording): number {
  const last = rows.length - 1
  if (prediction.kind === 'time') return last
  if (prediction.kind === 'line') {
    const thrown = firstCancel(rows)
    return thrown === -1 ? last : thrown
  }
  const guessed = guess.split('\n')
  let lines = 0
  for (const [n, row] of rows.entries()) {
    if (row.kind !== 'print') continue
    for (const line of row.text.split('\n')) if (line !== guessed[lines++]) return n
    if (lines === guessed.length && !rows.slice(n + 1).some((later) => later.kind === 'print')) return n
  }
  return last
}

function firstCancel(rows: readonly Row[]): number {
  return rows.findIndex((row) => row.kind === 'step' && row.by === 'cancel')
}

export function printed({ rows }: Recording): string[] {
  return rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
}
