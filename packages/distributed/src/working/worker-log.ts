// What a worker writes for people and for programs. Names of jobs, their ids and their errors come from whoever can
// write to the queue, so what is not printable in them is escaped: it can neither forge a line nor move the cursor.

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

/** Writes a line for each rare event and, on a terminal, one status line. */
export function logForPeople(
  write: (text: string) => void,
  queue: string,
  isTerminal: boolean,
): (event: WorkerEvent) => void {
  const counts = { running: 0, done: 0, failed: 0, cancelled: 0, 'given-back': 0 }
  let isDue = false
  const show = (): void => {
    isDue = false
    const text = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
    write(`\r\x1b[K${text.join(', ')}`)
  }
  const line = (text: string): void => write(`${isTerminal ? '\r\x1b[K' : ''}${printable(text, MAX_LENGTH)}\n`)
  return (event) => {
    if (event.event === 'begun') counts.running++
    else if ('id' in event) {
      counts.running = Math.max(0, counts.running - 1)
      counts[event.event]++
      if (event.event === 'failed') line(`${event.name}() failed: ${event.error} (${event.id})`)
    } else if (event.event === 'ready')
      line(`spindle-worker: queue '${queue}', ready for ${event.functions.join(', ')}`)
    else if (event.event === 'warning') line(`spindle-worker: ${event.message}`)
    else line(`spindle-worker: ${event.event}`)
    if (!isTerminal || isDue) return
    isDue = true
    setTimeout(show, 200).unref()
  }
}
