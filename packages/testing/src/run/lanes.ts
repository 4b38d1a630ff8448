// Tasks have paths that survive edits of the program: the names of their parents and their own name, or their number
// among the children: `main/worker`, `main/2`. Callbacks and timers, which belong to no Task, are steps of a separate
// lane, `loop`.

import { type EventLoop, Task } from 'spindle'
import type { Ready } from 'spindle/internal'

/** The steps of one Task, or of the loop's callbacks. */
export class Lane {
  readonly path: string
  /** Its place among all. */
  readonly number: number
  /** undefined: the callbacks. */
  readonly task: Task | undefined
  /** The number of steps that have begun. */
  steps: number = 0
  /** For each step, the number of its handle. */
  readonly runs: number[] = []
  /** For each step: the last point at which it was not ready. */
  readonly waitedUntil: number[] = []
  /** The number of handles that had run when it was done. */
  doneAt: number = Number.POSITIVE_INFINITY
  #names: Map<string, number> | undefined // most have no children

  constructor(path: string, task: Task | undefined, number: number) {
    this.path = path
    this.number = number
    this.task = task
  }

  /** The number of children with this name, including a new one; '' counts the unnamed ones. */
  countChild(name: string): number {
    this.#names ??= new Map()
    const count = (this.#names.get(name) ?? 0) + 1
    this.#names.set(name, count)
    return count
  }

  /** The name of the next step. */
  get nextStep(): string {
    return stepName(this.path, this.steps + 1)
  }

  /** The name of the step that began last. */
  get lastStep(): string {
    return stepName(this.path, this.steps)
  }
}

export function stepName(path: string, step: number): string {
  return `${path}#${step}`
}

/** The lanes of one run. */
export class Lanes {
  readonly all: Lane[] = []
  readonly callbacks: Lane = new Lane('loop', undefined, 0)
  readonly #byTask = new Map<Ready, Lane>()
  readonly #loop: EventLoop

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  /** The lane of a ready handle. A Task that is new was created by the Task whose step is running. */
  of(ready: Ready): Lane {
    const lane = this.#byTask.get(ready)
    if (lane !== undefined) return lane
    return ready instanceof Task ? this.#add(ready) : this.callbacks
  }

  /** The lane of the Task whose step is running. */
  get present(): Lane | undefined {
    return this.known(this.#loop.currentTask)
  }

  known(task: object | undefined): Lane | undefined {
    return this.#byTask.get(task as Ready)
  }

  byPath(path: string): Lane | undefined {
    return this.all.find((lane) => lane.path === path)
  }

  #add(task: Ready & Task): Lane {
    const path = this.all.length === 0 ? 'main' : this.#pathOf(task, this.present)
    const lane = new Lane(path, task, this.all.length + 1)
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
// Characters with a meaning in the text of a schedule, and numbers, which represent unnamed children.
const PLAIN_NAME = /^(?!\d+$)[^\s#;/~"%]+$/

function quoted(name: string): string {
  return PLAIN_NAME.test(name) ? name : `"${encodeURIComponent(name).replaceAll('~', '%7E')}"`
}

/** A step in a sentence. */
export function describeStep(step: string): string {
  const [, path = '', number = ''] = /^(.*)#(.*)$/.exec(step) ?? []
  if (path === 'host') return `event ${number} of the host`
  return path === 'loop' ? `callback ${number}` : `step ${number} of \`${shortName(path)}\``
}

/** The last part of a path, unless it is a number. */
export function shortName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return /^\d+$/.test(name) ? path : name
}
