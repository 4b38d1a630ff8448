import { readFileSync } from 'node:fs'
import { diff } from '../compare/diff.ts'
import { printable } from '../printable.ts'
import type { Recording } from '../recording.ts'
import { parseRecording } from '../recording-file/parse.ts'

export function compareFiles(one: string, other: string): string {
  const first = diff(readRecording(one), readRecording(other))
  if (first === undefined) return 'The two runs are the same, event for event.\n'
  const [a, b] = [printable(`${one}: ${first.a}`), printable(`${other}: ${first.b}`)]
  return `The two runs differ first at event ${first.row + 1}:\n  ${a}\n  ${b}\n`
}

export function readRecording(file: string): Recording {
  const text = readFileSync(file, 'utf8')
  const recording = parseRecording(text)
  if (!text.includes('\n')) throw new Error(`${file} is cut off in its first line: it has no events`)
  return recording
}
