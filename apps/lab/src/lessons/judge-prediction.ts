import type { Recording } from '@spindle/inspect'
import type { Prediction } from './lesson.ts'

export function truth({ kind }: Prediction, recording: Recording): string {
  return kind === 'output' ? printed(recording).join('\n') : String(Math.round(recording.rows.at(-1)?.time ?? 0))
}

/** The row at which the run confirms or refutes a guess. */
export function momentOf(prediction: Prediction, guess: string, { rows }: Recording): number {
  const last = rows.length - 1
  if (prediction.kind === 'time') return last
  const guessed = guess.split('\n')
  let lines = 0
  for (const [n, row] of rows.entries()) {
    if (row.kind !== 'print') continue
    for (const line of row.text.split('\n')) if (line !== guessed[lines++]) return n
    if (lines === guessed.length && !rows.slice(n + 1).some((later) => later.kind === 'print')) return n
  }
  return last
}

export function printed({ rows }: Recording): string[] {
  return rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
}
