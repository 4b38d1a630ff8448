// The present state of a program, as plain data: what `spindle ps`, `pstree` and `why` show. It is a recording that
// begins and ends now, so that its state and that of a longer recording are computed, named and worded alike.

import type { EventLoop, Task } from 'spindle'
import type { Numbers } from '../recorder/numbers.ts'
import { positionsOf } from '../recorder/past.ts'
import { Recorder, type Whereabouts } from '../recorder/recorder.ts'
import type { Position, Recording, Row } from '../recording.ts'

export interface ProcessSnapshot {
  readonly pid: number
  readonly program: string
  /** In s. */
  readonly uptime: number
  /** The Tasks of all loops, in their current state. */
  readonly recording: Recording
  /** When that is, by the clock of the loop, in ms. */
  readonly now: number
}

/**
 * What to ask the engine for: the names of functions, and the current lines of the first 500 Tasks, or of the Tasks
 * with that name or `#number`. While a debugger has stopped the thread, the engine cannot be asked.
 */
export type Details = 'none' | 'names' | 'lines' | { readonly linesOf: string }

// Asking the engine for the current lines of a Task takes about 0.2 ms, and blocks the loop.
const MAX_PLACES = 500

export function snapshot(loops: Iterable<EventLoop>, numbers: Numbers, details: Details): ProcessSnapshot {
  const rows: Row[] = []
  const recorder = new Recorder({ where: whereabouts(numbers, details), onRow: (row) => rows.push(row) }, numbers)
  const seen = new Set<object>()
  let now = 0
  for (const loop of loops) {
    recorder.addExisting(loop, seen)
    now = Math.max(now, loop.time())
  }
  rows.sort((a, b) => a.time - b.time)
  const program = process.argv[1] ?? process.execPath
  return { now, pid: process.pid, program, uptime: process.uptime(), recording: { version: 1, rows } }
}

function whereabouts(numbers: Numbers, details: Details): Partial<Whereabouts> {
  if (details === 'none') return { coroutineName: () => undefined }
  if (details === 'names') return {}
  let left = MAX_PLACES
  const isWanted = (task: Task): boolean =>
    details === 'lines' || details.linesOf === numbers.nameOf(task) || details.linesOf === `#${numbers.of(task)}`
  const positions = (task: Task): Position[] => {
    if (!isWanted(task) || left-- <= 0) return []
    return positionsOf(task)
  }
  return { positions }
}
