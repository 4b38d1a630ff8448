// The log of a worker, for people and for programs. Every program that can write to the queue chooses names, ids and
// errors of jobs. So their unprintable characters are escaped, which can neither forge a line nor move the cursor then.

import { printable } from 'spindle/internal'
import type { WorkerEvent } from './worker-options.ts'

const MAX_LENGTH = 1000

/** Writes a line of JSON for each event. */
export function logJson(write: (text: string) => void): (event: WorkerEvent) => void {
  return (event) => write(`${ascii(JSON.stringify({ time: new Date().toISOString(), ...event }))}\n`)
}

/** JSON escapes the first 32 characters only. Others control a terminal, too, or turn the direction of a text. */
function ascii(json: string): string {
  return json.replace(/(?! )[\p{C}\p{Z}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** Writes a line for each rare event. */
export function logForPeople(write: (text: string) => void, queue: string): (event: WorkerEvent) => void {
  return (event) => {
    const text = textOf(event, queue)
    if (text !== undefined) write(`${printable(text, MAX_LENGTH)}\n`)
  }
}

function textOf(event: WorkerEvent, queue: string): string | undefined {
  if (event.event === 'failed') return `${event.name}() failed: ${event.error} (${event.id})`
  if ('id' in event) return undefined
  if (event.event === 'ready') return `spindle-worker: queue '${queue}', ready for ${event.functions.join(', ')}`
  return `spindle-worker: ${event.event === 'warning' ? event.message : event.event}`
}
