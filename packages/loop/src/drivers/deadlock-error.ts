import { DeadlockError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { Task } from '../face/task.ts'
import { isOurs } from '../inspect/creation-stack.ts'
import { setStack } from '../inspect/fold-frames.ts'

/**
 * The error for a loop that nothing can wake any more. It names each waiting Task, its place, and its awaitable. Its
 * stack is that of the first Task.
 */
export function deadlockError(loop: EventLoop): DeadlockError {
  const error = new DeadlockError(describeTasks(loop))
  const [first] = loop.tasks
  setStack(error, [error, ...(first === undefined ? [] : stackOf(first))].join('\n'))
  loop.probe?.deadlocked?.(error)
  return error
}

function describeTasks(loop: EventLoop): string {
  const tasks = [...loop.tasks]
  if (tasks.length === 0)
    return `the loop runs, but there is no Task, no timer, and nothing that could wake it${stuckPromises(loop)}`
  const waiting = tasks.length === 1 ? 'one task waits' : `${tasks.length} tasks wait`
  return `${waiting}, and nothing is left that could wake ${tasks.length === 1 ? 'it' : 'them'}:${listOf(tasks.map((task) => loop.explainer?.describeStuck(task) ?? task))}${stuckPromises(loop)}`
}

function stackOf(task: Task): string[] {
  const frames = task.getStack().map(({ name, url, line, column }) => `    at ${name} (${url}:${line}:${column})`)
  return frames.filter((frame) => !isOurs(frame)).reverse()
}

export function listOf(tasks: readonly unknown[]): string {
  const shown = tasks.slice(0, MAX_TASKS_SHOWN).map((task) => `\n  ${task}`)
  if (tasks.length > MAX_TASKS_SHOWN) shown.push(`\n  … and ${tasks.length - MAX_TASKS_SHOWN} more`)
  return shown.join('')
}

function stuckPromises({ blocking, wakeSources }: EventLoop): string {
  if (!blocking || wakeSources.pending === 0) return ''
  const pending = wakeSources.pending === 1 ? 'One promise is pending' : `${wakeSources.pending} promises are pending`
  const settle = wakeSources.pending === 1 ? 'it cannot settle' : 'they cannot settle'
  return `\n${pending}. While the thread is blocked ${settle}: use \`await run(…)\` or \`await loop.runUntilComplete(…)\` instead of the \`Sync\` variant`
}

const MAX_TASKS_SHOWN = 50
