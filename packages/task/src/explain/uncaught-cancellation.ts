// A CancelledError has no stack, which would be most of the cost of a cancellation. If it leaves a run, no caller knows
// its origin, so lines that describe it are added.

import { isError, repr } from '@spindle/loop/internal'
import { describeCoroutine } from '../coroutines/coroutine-stack.ts'
import type { Task } from '../tasks/task.ts'
import { placeInStack, usersFrames } from './place-in-stack.ts'

// The main Tasks of the pending runs, each with the cancelled Task that it awaited.
const mainTasks = new Map<unknown, Task | undefined>()

// How many Tasks that a main Task awaits take a stack when they are cancelled: a program that cancels thousands catches
// the error.
const MAX_TRACES = 100
let tracesLeft = MAX_TRACES

export const uncaughtCancellation = {
  watch(main: Task): void {
    mainTasks.set(main, undefined)
    tracesLeft = MAX_TRACES
  },

  /** Whether a CancelledError of this Task may leave a run: it is a main Task, or a main Task awaits it. */
  mayLeave(task: Task): boolean {
    if (mainTasks.size === 0) return false
    if (mainTasks.has(task)) return true
    return tracesLeft > 0 && task.isAwaitedByOneOf(mainTasks) && tracesLeft-- > 0
  },

  note(task: Task): void {
    if (mainTasks.size === 0 || !task.isAwaitedByOneOf(mainTasks)) return
    for (const waiting of task.waiting()) if (mainTasks.has(waiting)) mainTasks.set(waiting, task)
  },

  /** Adds the cancelled Task, the canceller and the place of the wait to the stack of the `error` of a run. */
  explain(main: Task, error: unknown): void {
    if (!isError(error) || !main.cancelled() || told.has(error)) return
    told.add(error)
    const child = main.cancelledBy() === undefined ? mainTasks.get(main) : undefined
    const waited = placeInStack(error.stack)
    const lines = [
      describe(child ?? main, waited?.place),
      ...(child === undefined ? [] : [`awaited by ${taskName(main)}`]),
    ]
    try {
      error.stack = [String(error), ...usersFrames(error.stack), ...lines.map((line) => `    ${line}`)].join('\n')
    } catch {
      // The error is frozen: leave it unchanged.
    }
  },

  forget(main: Task): void {
    mainTasks.delete(main)
  },
}

// A runner may run several times with one error.
const told = new WeakSet<Error>()

function describe(task: Task, place: string | undefined): string {
  const request = task.cancelledBy()
  if (request === undefined) return `${taskName(task)}, threw it, or awaited something that was cancelled`
  const by = request.by === undefined ? 'plain code or a callback' : request.by
  const via = request.via === undefined ? '' : ` through ${repr(request.via)}, which awaited it`
  const label = task.cancelState?.awaited?.label
  const at = place === undefined ? '' : ` at ${place}`
  return `${taskName(task, place === undefined)}, was cancelled by ${by}${via}${label === undefined ? '' : ` while it waited${at} for ${label}`}`
}

function taskName(task: Task, withPlace = true): string {
  const coroutine = describeCoroutine(task.getCoro(), true)
  return `task ${repr(task.getName())}, ${withPlace ? coroutine : coroutine.replace(/ done(?:, defined at .*)?$/, '')}`
}
