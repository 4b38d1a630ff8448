// Tasks have names that survive edits: the names of their parents and their own, or which child they are:
// `main/worker`, `main/2`. Callbacks and timers, which belong to no Task, are steps of a lane of their own, `loop`.

import type { EventLoop } from '@spindle/loop'
import type { Ready } from '@spindle/loop/internal'
import { Task } from '@spindle/task'

/** The steps of one Task, or of the loop's callbacks. */
export class Lane {
  readonly path: string
  /** undefined: the callbacks. */
  readonly task: Task | undefined
  /** How many steps have begun. */
  steps: number = 0
  /** After how many handles it became ready last. */
  readyAt: number = 0
  /** After how many handles it became ready, and which handle its step was: for each step. */
  readonly pushes: number[] = []
  readonly runs: number[] = []
  /** After how many handles it was done. */
  doneAt: number = Number.POSITIVE_INFINITY
  #names: Map<string, number> | undefined // most have no children

  constructor(path: string, task: Task | undefined) {
    this.path = path
    this.task = task
  }

  /** How many children have this name, with one more; '' stands for those without. */
  countChild(name: string): number {
    this.#names ??= new Map()
    const count = (this.#names.get(name) ?? 0) + 1
    this.#names.set(name, count)
    return count
  }

  /** The name of the step that is next. */
  get nextStep(): string {
    return stepName(this.path, this.steps + 1)
  }
}

export function stepName(path: string, step: number): string {
  return `${path}#${step}`
}

/** The lanes of one run. */
export class Lanes {
  readonly all: Lane[] = []
  readonly callbacks: Lane = new Lane('loop', undefined)
  readonly #byTask = new Map<Ready, Lane>()
  readonly #loop: EventLoop

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** The lane of what is ready. A Task that was not seen before was made by the Task in whose step we are. */
  of(ready: Ready): Lane {
    const lane = this.#byTask.get(ready)
    if (lane !== undefined) return lane
    return ready instanceof Task ? this.#add(ready) : this.callbacks
  }

  byPath(path: string): Lane | undefined {
    return this.all.find((lane) => lane.path === path)
  }

  #add(task: Task): Lane {
    const parent = this.#loop.currentTask
    const path = this.all.length === 0 ? 'main' : this.#pathOf(task, parent && this.#byTask.get(parent as Task))
    const lane = new Lane(path, task)
    this.#byTask.set(task, lane)
    this.all.push(lane)
    return lane
  }

  #pathOf(task: Task, parent: Lane = this.callbacks): string {
    const given = task.getName()
    const own = DEFAULT_NAME.test(given) ? '' : quoted(given)
    const count = parent.countChild(own)
    if (own === '') return `${parent.path}/${count}`
    return count === 1 ? `${parent.path}/${own}` : `${parent.path}/${own}~${count}`
  }
}

const DEFAULT_NAME = /^Task-\d+$/
// What has a meaning in the text of a schedule, and a number, which is a child without a name.
const PLAIN_NAME = /^(?!\d+$)[^\s#;/~"%]+$/

function quoted(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${encodeURIComponent(name).replaceAll('~', '%7E')}"`
}
