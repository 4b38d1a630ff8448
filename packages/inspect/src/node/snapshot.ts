// The present state of a program, as plain data: what `spindle ps`, `pstree` and `why` show.

import type { EventLoop, Task } from 'spindle'
import { formatLocation } from 'spindle/internal'
import { append } from '../grouped.ts'
import { waiterOf } from '../recorder/waiter-of.ts'

/** A Task at the moment of a snapshot. */
export interface TaskSnapshot {
  /** A number that the Task keeps in this process. */
  readonly id: number
  readonly name: string
  readonly state: 'running' | 'ready' | 'waiting'
  /** The awaitable: `sleep(100)`, `Lock.acquire()`; '' if it does not wait. */
  readonly waitsFor: string
  /** The Tasks whose ends it waits for, also through a gather, a group, … */
  readonly on: readonly number[]
  /** The number of cancellation requests. */
  readonly cancelling: number
  /** Its current lines: `load() main.ts:12`, outermost first. Empty if not requested. */
  readonly at: readonly string[]
}

/** A process at the moment of a snapshot. */
export interface ProcessSnapshot {
  readonly pid: number
  readonly program: string
  /** In s. */
  readonly uptime: number
  readonly tasks: readonly TaskSnapshot[]
}

const ids = new WeakMap<object, number>()
let tasks = 0

/** The number of a Task. */
export function idOf(task: object): number {
  const known = ids.get(task)
  if (known !== undefined) return known
  ids.set(task, ++tasks)
  return tasks
}

// Asking the engine for the current lines of a Task takes about 0.2 ms, and blocks the loop.
const MAX_PLACES = 500

/**
 * @param places whether to ask the engine for the current lines of the first 500 Tasks; a string: of the Tasks of that
 *   name or `#number`
 */
export function snapshot(loops: Iterable<EventLoop>, places: boolean | string): ProcessSnapshot {
  const all: Task[] = []
  for (const loop of loops) for (const task of loop.tasks) all.push(task)
  const on = new Map<object, number[]>()
  for (const task of all) {
    for (const awaiter of awaitersOf(task)) append(on, awaiter, idOf(task))
  }
  let left = MAX_PLACES
  const isWanted = (task: Task): boolean =>
    (places === true || places === task.getName() || places === `#${idOf(task)}`) && left-- > 0
  return {
    pid: process.pid,
    program: process.argv[1] ?? process.execPath,
    uptime: process.uptime(),
    tasks: all.map((task) => {
      const waiter = waiterOf(task)
      const isRunning = task.getLoop().currentTask === task
      return {
        id: idOf(task),
        name: task.getName(),
        state: isRunning ? 'running' : waiter === undefined ? 'ready' : 'waiting',
        waitsFor: waiter?.label ?? '',
        on: on.get(task) ?? [],
        cancelling: task.cancelling(),
        at: isWanted(task) ? task.getStack().map((at) => `${at.name}() ${formatLocation(at)}`) : [],
      }
    }),
  }
}

function awaitersOf(task: Task): Task[] {
  const waiting = task.waiting()
  const direct = waiting.filter((one): one is Task & (typeof waiting)[number] => 'getCoro' in one)
  return [...direct, ...(task.getLoop().explainer?.tasksBehind(waiting) ?? [])]
}
