import { checkOptions } from 'spindle/internal'
import { printable } from '../printable.ts'
import type { Recording } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import { summary, toAccount } from './account.ts'

/** Options for the text of a run. */
export interface TextOptions {
  /** The last row that is shown. By default, all rows are shown. */
  readonly cursor?: number
  /** The maximum number of lines, by default 200. The first and the last ones are kept. */
  readonly maxLines?: number
}

/** Describes a run as text for a terminal: a summary, then each event with its time and line. */
export function toText(recording: Recording, options: TextOptions = {}): string {
  checkOptions('toText()', options, ['cursor', 'maxLines'])
  const { cursor, maxLines = 200 } = options
  const items = toAccount(recording).filter(({ row }) => cursor === undefined || row <= cursor)
  const times = items.map(({ time }) => `${toHundredths(time)} ms`)
  const width = times.reduce((longest, { length }) => Math.max(longest, length), 0)
  const lines = items.map(({ text, line }, n) => {
    // The time is written only where it changes.
    const time = times[n] === times[n - 1] ? '' : times[n]!
    return `${time.padStart(width)}  ${printable(text)}${line > 0 ? ` (line ${line})` : ''}`
  })
  const head = printable(summary(recording))
  const dropped = recording.dropped ? [`${recording.dropped} rows before these were not kept.`] : []
  return `${[head, '', ...dropped, ...shortened(lines, Math.max(maxLines, 3))].join('\n')}\n`
}

function shortened(lines: readonly string[], maxLines: number): readonly string[] {
  if (lines.length <= maxLines) return lines
  const start = Math.ceil((maxLines - 1) / 2)
  const end = maxLines - 1 - start
  return [...lines.slice(0, start), `… ${lines.length - start - end} lines left out …`, ...lines.slice(-end)]
}
