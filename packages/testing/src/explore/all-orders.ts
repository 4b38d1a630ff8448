// Enumerates the orders of a program's steps. If two orders differ only in independent steps, it tries one of them.
// This is dynamic partial order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson and Sagonas, 2014).
// After each run it looks for races: two dependent steps, if the later one could have come first. If a previous run
// began with a Task at some point, the Task sleeps from that point until a step comes that depends on its own step.
//
// The search cannot see variables. So all steps are dependent, unless the program says that some of its Tasks are apart
// from all others. Then these steps are dependent:
//
//   the steps of one Task that is apart, and the sleeps that wake it
//   the steps of all other Tasks, and the sleeps that wake these
//   the last step of a Task that is apart, and the steps of all other Tasks, which may await it
//   callbacks, and all steps
//   steps that make callbacks, because callbacks keep their order
//
// The exception is a list of Tasks, such as that of gather(), which is called back when each of them has succeeded. The
// order of these calls makes no difference to it.

import { isFuture, Task } from 'spindle'
import { Handle, SharedDoneCallback } from 'spindle/internal'
import type { Callback, ExploredQueue, Order } from './explored-queue.ts'
import type { Lane, Lanes } from './lanes.ts'

interface Step {
  readonly lane: Lane
  readonly touches: readonly string[]
  /** Whether it ends a Task that is apart. */
  readonly isEnd: boolean
  /** Whether it may ask if such a Task has ended. */
  readonly seesEnds: boolean
  /** What it makes the loop call: a list of Tasks, or several. */
  readonly tells: unknown
  /** The numbers of the steps that have to come before. */
  readonly after: Set<number>
}

/** A step before which several Tasks were ready. */
interface Choice {
  readonly paths: readonly string[]
  picked: string
  /** The steps that were picked here. */
  readonly tried: Map<string, Step | undefined>
  readonly left: Set<string>
  readonly asleep: ReadonlyMap<string, Step>
}

const NOT_APART = ''
const SEVERAL = Symbol('several')
// What a callback may touch.
const EVERYTHING = 'everything'

export class AllOrders {
  readonly #apart: readonly string[]
  // By the number of the step, from 0.
  #choices: (Choice | undefined)[] = []
  // Of the present run.
  #steps: Step[] = []
  #asleep = new Map<string, Step>()
  // The first step that was asleep: a previous run has been there, and in all that follows.
  #repeatsAt = Number.POSITIVE_INFINITY

  /** @param apart the paths of the Tasks that share nothing with others */
  constructor(apart: readonly string[]) {
    this.#apart = apart
  }

  /** The estimated number of orders, from the choices of the last run, if all steps depend on each other. */
  get estimate(): number {
    return this.#choices.reduce((product, choice) => product * (choice?.paths.length ?? 1), 1)
  }

  /** The order of the next run: as planned, then first in, first out, without the Tasks that sleep. */
  begin(): Order {
    this.#steps = []
    this.#asleep = new Map()
    this.#repeatsAt = Number.POSITIVE_INFINITY
    return {
      pick: (candidates, queue) => {
        this.#follow(queue)
        const paths = candidates.map(({ ready }) => queue.lanes.of(ready).path)
        if (paths.length === 1) return 0
        const step = this.#steps.length
        this.#choices[step] ??= this.#choose(paths)
        return Math.max(0, paths.indexOf((this.#choices[step] as Choice).picked))
      },
    }
  }

  /** Learns from the run that has ended. Returns whether there is another order. */
  advance(queue: ExploredQueue): boolean {
    this.#follow(queue)
    for (; this.#choices.length > 0; this.#choices.pop()) {
      const choice = this.#choices.at(-1)
      const [next] = choice?.left ?? []
      if (choice === undefined || next === undefined) continue
      choice.left.delete(next)
      choice.tried.set(next, undefined)
      choice.picked = next
      return true
    }
    return false
  }

  #choose(paths: readonly string[]): Choice {
    const picked = paths.find((path) => !this.#asleep.has(path)) ?? (paths[0] as string)
    return { paths, picked, tried: new Map([[picked, undefined]]), left: new Set(), asleep: new Map(this.#asleep) }
  }

  /** Adds the steps that have come since the last choice. */
  #follow(queue: ExploredQueue): void {
    for (let number = this.#steps.length; number < queue.executed; number++) {
      const step = this.#stepOf(number, queue)
      const { path } = step.lane
      this.#steps.push(step)
      const choice = this.#choices[number]
      for (const [other, tried] of choice?.tried ?? []) {
        if (tried !== undefined && other !== path) this.#asleep.set(other, tried)
      }
      if (choice?.tried.has(path)) choice.tried.set(path, step)
      if (this.#asleep.has(path)) this.#repeatsAt = Math.min(this.#repeatsAt, number)
      for (const [other, asleep] of this.#asleep) if (depend(step, asleep)) this.#asleep.delete(other)
      if (number < this.#repeatsAt) this.#findRaces(number)
    }
  }

  #stepOf(number: number, queue: ExploredQueue): Step {
    const { trace, lanes, callbacks } = queue
    const lane = trace[number] as Lane
    const count = lane.runs.lastIndexOf(number + 1)
    const isLast = lane.task?.done() === true && count + 1 === lane.steps
    const tells = toldIn(number, isLast, queue)
    const after = new Set<number>()
    const readyAt = lane.pushes[count] ?? 0
    const callback = lane === lanes.callbacks ? callbacks[count] : undefined
    if (callback?.isAfterAll === true) for (let n = 0; n < readyAt; n++) after.add(n)
    else this.#addBefore(after, readyAt - 1) // the step that made it ready
    this.#addBefore(after, (lane.runs[count - 1] ?? 0) - 1)
    const touches =
      callback === undefined ? [this.#groupOf(lane)] : this.#touchesOf(callback, this.#steps[readyAt - 1], lanes)
    const isApart = callback === undefined && touches[0] !== NOT_APART
    const seesEnds = callback === undefined ? !isApart : touches.includes(EVERYTHING)
    return { lane, after, tells, touches, isEnd: isApart && isLast, seesEnds }
  }

  #touchesOf({ ready, wakes }: Callback, cause: Step | undefined, lanes: Lanes): readonly string[] {
    if (isFuture(ready)) return wakes.map((one) => this.#groupOf(lanes.known(one)))
    return cause?.isEnd === true && cause.tells === ready ? [NOT_APART, this.#groupOf(cause.lane)] : [EVERYTHING]
  }

  /** The Task that is apart and has created this one. */
  #groupOf(lane: Lane | undefined): string {
    if (lane === undefined) return EVERYTHING
    const { path } = lane
    return this.#apart.find((one) => path === one || path.startsWith(`${one}/`)) ?? NOT_APART
  }

  #addBefore(after: Set<number>, number: number): void {
    if (number < 0) return
    after.add(number)
    for (const before of (this.#steps[number] as Step).after) after.add(before)
  }

  #findRaces(number: number): void {
    const step = this.#steps[number] as Step
    for (let earlier = number - 1; earlier >= 0; earlier--) {
      if (step.after.has(earlier) || !depend(this.#steps[earlier] as Step, step)) continue
      this.#addRace(earlier, number)
      this.#addBefore(step.after, earlier)
    }
  }

  /** Plans a run with two dependent steps in the other order. */
  #addRace(earlier: number, later: number): void {
    const choice = this.#choices[earlier]
    if (choice === undefined) return
    const { paths, tried, left, asleep } = choice
    const free: number[] = []
    const first = new Set<string>()
    for (let n = earlier + 1; n <= later; n++) {
      const { lane, after } = this.#steps[n] as Step
      if (after.has(earlier)) continue
      if (!free.some((before) => after.has(before))) first.add(lane.path)
      free.push(n)
    }
    const ways = paths.filter((path) => first.has(path))
    if (ways.some((path) => tried.has(path) || left.has(path) || asleep.has(path))) return
    const isKnown = (path: string): boolean => tried.has(path) || asleep.has(path)
    for (const path of ways.length > 0 ? ways.slice(0, 1) : paths) if (!isKnown(path)) left.add(path)
  }
}

/**
 * What a step makes the loop call. Callbacks keep their order, so two such steps depend on each other, unless both tell
 * the same list that Tasks have succeeded, and that list does not mind the order.
 */
function toldIn(number: number, isLast: boolean, { made, trace }: ExploredQueue): unknown {
  const { task, waiters } = trace[number] as Lane
  const isPromise = (one: object): boolean => !(one instanceof Task || one instanceof Handle)
  if (isLast && waiters.some(isPromise)) return SEVERAL
  const [first, second] = made.get(number) ?? []
  if (first === undefined) return undefined
  const isList = first instanceof SharedDoneCallback && first.isOrderFree && second === undefined
  const hasSucceeded = isLast && waiters.includes(first) && !task?.cancelled() && !task?.hasException()
  return isList && hasSucceeded ? first : SEVERAL
}

function depend(one: Step, other: Step): boolean {
  if (one.lane === other.lane || (one.isEnd && other.seesEnds) || (one.seesEnds && other.isEnd)) return true
  const bothTell = one.tells !== undefined && other.tells !== undefined
  if (bothTell && (one.tells === SEVERAL || one.tells !== other.tells)) return true
  return one.touches.some(
    (what) => what === EVERYTHING || other.touches.some((its) => its === what || its === EVERYTHING),
  )
}
