// The present state of a program, as plain data: what `spindle ps`, `pstree` and `why` show. It is a recording that
// begins and ends now, so that its state and that of a longer recording are computed, named and worded alike.

import type { EventLoop, Task } from 'spindle'
import { formatLocation } from 'spindle/internal'
import type { Numbers } from '../recorder/numbers.ts'
import { Recorder, type Whereabouts } from '../recorder/recorder.ts'
import type { Position, Row } from '../recording.ts'

export interface ProcessSnapshot {
  readonly pid: number
  readonly program: string
  /** In s. */
  readonly uptime: number
  /** The Tasks of all loops, in their current state. */
  readonly rows: readonly Row[]
  /** When that is, by the clock of the loop, in ms. */
  readonly now: number
  /** The Tasks of whose function none has ended. */
  readonly lasting: readonly number[]
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
  let [now, lasting]: [number, number[]] = [0, []]
  for (const loop of loops) {
    recorder.addExisting(loop, true)
    now = Math.max(now, loop.time())
    for (const task of loop.tasks) if (numbers.past.isLasting(task as Task)) lasting.push(numbers.of(task))
  }
  return {
    now,
    lasting,
    pid: process.pid,
    program: process.argv[1] ?? process.execPath,
    uptime: process.uptime(),
    rows,
  }
}

function whereabouts(numbers: Numbers, details: Details): Partial<Whereabouts> {
  if (details === 'none') return { coroutineName: () => undefined }
  if (details === 'names') return {}
  let left = MAX_PLACES
  const isWanted = (task: Task): boolean =>
    details === 'lines' || details.linesOf === numbers.nameOf(task) || details.linesOf === `#${numbers.of(task)}`
  const positions = (task: Task): Position[] => {
    if (!isWanted(task) || left-- <= 0) return []
    return task.getStack().map((at) => ({ function: at.name, line: at.line, place: formatLocation(at) }))
  }
  return { positions }
}
