// Real work takes no virtual time, so every time limit expires before a promise settles. The clock of a test records
// the places.

import { type EventLoop, type Task, VirtualClock } from 'spindle'
import { HostFuture, isError } from 'spindle/internal'
import { placeOfTask } from './place-of-task.ts'

const MAX_TASKS = 10

/** Virtual time that takes real work into account. */
export class TestClock extends VirtualClock {
  #note: string | undefined

  /** @internal */
  mayJumpOver(waiting: EventLoop, when: number): boolean {
    this.#note ??=
      `Virtual time jumped from ${this.time()} to ${when} ms while something real was awaited, which takes none:` +
      `${waitersOf(waiting)}\nPut something in its place that sleeps, or let time be real: { realTime: true } of \`it\`, or run()`
    return true
  }

  /** Adds the likely cause to an error. */
  explain(error: unknown): void {
    if (this.#note === undefined || !isError(error) || Object.isFrozen(error)) return
    const { message, stack } = error
    error.message = `${message}\n${this.#note}`
    if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message)
  }
}

function waitersOf(loop: EventLoop): string {
  const tasks = [...loop.tasks]
  const waiting = tasks.filter(({ waitedFor }) => waitedFor instanceof HostFuture || waitedFor?.label === 'promise')
  return (waiting.length > 0 ? waiting : tasks)
    .slice(0, MAX_TASKS)
    .map((task) => `\n  ${describe(task)}`)
    .join('')
}

function describe(task: Task): string {
  const place = placeOfTask(task)
  return `${task.getName()}${place === undefined ? '' : ` at ${place}`} awaits a ${task.waitedFor?.label ?? 'Future'}`
}
