import { type Recording, rowsOf } from '../recording.ts'
import { RowWriter } from './row-writer.ts'

/** Writes a recording as JSON lines: a header, one line for each row, and a footer. `parseRecording()` reads it. */
export function formatRecording(recording: Recording): string {
  const rows = rowsOf(recording)
  const writer = new RowWriter()
  const lines = [writer.header()]
  for (const row of rows) lines.push(writer.line(row))
  lines.push(writer.footer(recording.dropped ?? 0))
  return lines.join('')
}
