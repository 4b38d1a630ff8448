// The present state of a program, as plain data: what `spindle ps`, `pstree` and `why` show.

import type { EventLoop, LoopTask } from '@spindle/loop'
import { formatLocation } from '@spindle/loop/internal'
import { waiterOf } from '../recorder/waiter-of.ts'

/** A Task at the moment of a snapshot. */
export interface TaskSnapshot {
  /** A number that the Task keeps in this process. */
  readonly id: number
  readonly name: string
  readonly state: 'running' | 'ready' | 'waiting'
  /** What it waits for: `sleep(100)`, `Lock.acquire()`; '' if it does not wait. */
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

/** @param places whether to ask the engine for the current line of each Task, which takes about 0.2 ms each */
export function snapshot(loops: Iterable<EventLoop>, places: boolean): ProcessSnapshot {
  const all: LoopTask[] = []
  for (const loop of loops) all.push(...loop.tasks)
  const on = new Map<object, number[]>()
  for (const task of all) {
    for (const awaiter of awaitersOf(task)) on.set(awaiter, [...(on.get(awaiter) ?? []), idOf(task)])
  }
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
        at: places ? task.getStack().map((at) => `${at.name}() ${formatLocation(at)}`) : [],
      }
    }),
  }
}

function awaitersOf(task: LoopTask): LoopTask[] {
  const waiting = task.waiting()
  const direct = waiting.filter((one): one is LoopTask & (typeof waiting)[number] => 'getCoro' in one)
  return [...direct, ...task.getLoop().tasksBehind(waiting)]
}
