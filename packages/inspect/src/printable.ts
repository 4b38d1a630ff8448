// Names, labels and messages come from the program, which may have them from a client. Shown as they are, they forge
// lines, move the cursor of a terminal, or turn the direction of what follows.

import { type Recording, rowsOf } from './recording.ts'

/** The text as a part of one line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd')
}

const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u

/** Makes the texts of a recording printable. The output of the program keeps its line breaks and tabs. */
export function printableRecording(recording: Recording): Recording {
  const rows = rowsOf(recording).map((row) => (hasUnprintable(row) ? clean(row) : row))
  return { ...recording, rows }
}

function hasUnprintable(value: unknown): boolean {
  if (typeof value === 'string') return UNPRINTABLE.test(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnprintable)
}

function clean<T>(value: T): T {
  if (typeof value === 'string') return value.replace(new RegExp(UNPRINTABLE, 'gu'), '\ufffd') as T
  if (Array.isArray(value)) return value.map(clean) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, clean(part)])) as T
}
