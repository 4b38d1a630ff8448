import { readFileSync } from 'node:fs'
import { type Difference, diff } from '../compare/diff.ts'
import { printable } from '../printable.ts'
import type { Recording } from '../recording.ts'
import { parseRecording } from '../recording-file/parse.ts'

const MAX_COMPARED = 10

export function compareFiles(one: string, other: string): string {
  const { first, tasks, onlyInA, onlyInB } = diff(readRecording(one), readRecording(other))
  if (first === undefined) return 'The two runs are the same, event for event.\n'
  const differs = ({ a, b }: Difference): string => `\n  ${one}: ${a}\n  ${other}: ${b}`
  const lines = [`The two runs differ first at event ${first.rows[0] + 1}:${differs(first)}`]
  for (const [path, difference] of [...tasks].slice(0, MAX_COMPARED)) lines.push(`${path}:${differs(difference)}`)
  if (tasks.size > MAX_COMPARED) lines.push(`${tasks.size - MAX_COMPARED} more Tasks differ.`)
  if (onlyInA.length > 0) lines.push(`Only in ${one}: ${listed(onlyInA)}`)
  if (onlyInB.length > 0) lines.push(`Only in ${other}: ${listed(onlyInB)}`)
  return `${lines.map(printableLines).join('\n\n')}\n`
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, MAX_COMPARED).join(', ')}${names.length > MAX_COMPARED ? `, … (${names.length})` : ''}`
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

export function readRecording(file: string): Recording {
  const text = readFileSync(file, 'utf8')
  const recording = parseRecording(text)
  if (!text.includes('\n')) throw new Error(`${file} is cut off in its first line: it has no events`)
  return recording
}
