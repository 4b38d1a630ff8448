import type { Recording } from '@spindle/inspect'
import type { Prediction } from './lesson.ts'

/** The run's answer to the question of a lesson. */
export function truth(prediction: Prediction, recording: Recording): string {
  const { rows } = recording
  switch (prediction.kind) {
    case 'output':
      return printed(recording).join('\n')
    case 'time':
      return String(Math.round(rows.at(-1)?.time ?? 0))
    case 'line': {
      const thrown = rows.findIndex((row) => row.kind === 'step' && row.by === 'cancel')
      const step = rows[thrown]
      if (step?.kind !== 'step') return 'nowhere'
      for (let n = thrown - 1; n >= 0; n--) {
        const row = rows[n]!
        if (row.kind === 'suspended' && row.task === step.task) return String(row.positions.at(-1)?.line ?? 0)
      }
      return 'nowhere'
    }
  }
}

/** The row at which the run confirms or refutes a guess. */
export function momentOf(prediction: Prediction, guess: string, { rows }: Recording): number {
  const last = rows.length - 1
  if (prediction.kind === 'time') return last
  if (prediction.kind === 'line') {
    const thrown = rows.findIndex((row) => row.kind === 'step' && row.by === 'cancel')
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

/** The output of a program. */
export function printed({ rows }: Recording): string[] {
  return rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
}
