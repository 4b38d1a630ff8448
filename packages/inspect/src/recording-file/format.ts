import type { Recording } from '../recording.ts'
import { RowWriter } from './row-writer.ts'

/** Writes a recording as JSON lines: a header, one line for each row, and a footer. `parseRecording()` reads it. */
export function formatRecording({ rows, dropped = 0 }: Recording): string {
  const writer = new RowWriter()
  const lines = [writer.header()]
  for (const row of rows) lines.push(writer.line(row))
  lines.push(writer.footer(dropped))
  return lines.join('')
}
