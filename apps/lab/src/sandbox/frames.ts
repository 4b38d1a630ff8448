// The current lines of each Task, maintained by the calls that the transform inserts. A frame is one call of a
// generator function of the program. It belongs to the stack of the Task in whose step it began, and leaves that stack
// when the generator ends in any way, even when it is closed from outside.

import type { Position } from '@spindle/inspect'
import type { Task } from '@spindle/task'
import type { AwaitPoint, GeneratorFunction } from '../transform/index.ts'

export interface Frame {
  /** Index in the program's generator functions. */
  readonly fn: number
  /** The await point it waits at or passed last; -1 if none so far. */
  at: number
  readonly stack: Frame[]
  readonly made: Task[] // the Tasks that it has created
}

export class Frames {
  readonly #stacks = new WeakMap<object, Frame[]>()
  readonly #outside: Frame[] = []
  #awaits: readonly AwaitPoint[] = []
  #functions: readonly GeneratorFunction[] = []

  of(program: { readonly awaits: readonly AwaitPoint[]; readonly functions: readonly GeneratorFunction[] }): void {
    this.#awaits = program.awaits
    this.#functions = program.functions
  }

  enter(task: object | undefined, fn: number): Frame {
    const stack = this.#stackOf(task)
    const frame: Frame = { fn, at: -1, stack, made: [] }
    stack.push(frame)
    return frame
  }

  at(frame: Frame, point: number): void {
    frame.at = point
    // The frames above were abandoned: they belong to a generator that is stored somewhere and not being awaited.
    const { stack } = frame
    const depth = stack.lastIndexOf(frame)
    if (depth >= 0 && depth < stack.length - 1) stack.length = depth + 1
  }

  /** Returns the Tasks that it has created and that have not ended. None if its own Task ends with it. */
  leave(frame: Frame): readonly Task[] {
    const depth = frame.stack.lastIndexOf(frame)
    if (depth >= 0) frame.stack.splice(depth, 1)
    return depth > 0 ? frame.made.filter((task) => !task.done()) : []
  }

  /** The innermost frame of a Task. */
  current(task: object | undefined): Frame | undefined {
    return this.#stackOf(task).at(-1)
  }

  /** The lines of the Task, outermost first. */
  positions(task: object): readonly Position[] {
    const stack = this.#stacks.get(task) ?? []
    return stack.map(({ fn, at }) => ({
      function: this.#functions[fn]?.name ?? '',
      line: this.#awaits[at]?.line ?? this.#functions[fn]?.line ?? 0,
    }))
  }

  waitsAt(task: object, point: number): boolean {
    return this.#stacks.get(task)?.some(({ at }) => at === point) ?? false
  }

  /** The line of its function. */
  line(frame: Frame): number {
    return this.#functions[frame.fn]?.line ?? 0
  }

  name(frame: Frame): string {
    return this.#functions[frame.fn]?.name ?? ''
  }

  #stackOf(task: object | undefined): Frame[] {
    if (task === undefined) return this.#outside
    let stack = this.#stacks.get(task)
    if (stack === undefined) {
      stack = []
      this.#stacks.set(task, stack)
    }
    return stack
  }
}
