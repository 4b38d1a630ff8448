import type { Position, Recording } from '../recording.ts'
import { FIELDS } from './fields.ts'

/** Writes a recording as JSON lines: a header, one line for each row, and a footer. `parseRecording()` reads it. */
export function formatRecording({ rows, dropped = 0 }: Recording): string {
  const lines = [JSON.stringify({ spindle: 1 })]
  for (const [n, row] of rows.entries()) {
    const values = FIELDS[row.kind].map(([name, type]) => {
      const value = (row as unknown as Record<string, unknown>)[name]
      return type === 'positions' ? (value as Position[]).map((at) => [at.function, at.line]) : value
    })
    lines.push(JSON.stringify([n + 1, row.time, row.kind, ...values]))
  }
  lines.push(JSON.stringify({ rows: rows.length, dropped }))
  return `${lines.join('\n')}\n`
}
