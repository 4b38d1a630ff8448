import type { EventLoop, Future, Task } from 'spindle'
import { className, formatLocation, type Probe } from 'spindle/internal'
import type { Position, Row, RowOf } from '../recording.ts'
import type { Actor, End } from './actors.ts'
import type { NameOf, Numbers } from './numbers.ts'

/** What was done with a lock, a semaphore or a queue. */
interface Use extends Pick<RowOf<'resource'>, 'action' | 'value' | 'time'> {
  readonly actor: Actor | undefined
  readonly to: Actor | undefined
}

interface Uses {
  readonly label: string
  /** Who holds it, or one of its permits. */
  readonly holders: Use[]
  /** The last item that each of a few Tasks took. */
  readonly takers: Use[]
  last: Use | undefined
}

/** A Task that was woken, and cancelled before it ran. */
interface Woken {
  readonly actor: Actor
  readonly row: RowOf<'suspended'>
}

const MAX_TAKERS = 8
const MAX_WOKEN = 20

/**
 * What the present state of loops does not tell, as rows: who made and who cancelled a Task, who holds a lock, who took
 * items from a queue, which wake-ups were lost.
 */
export class Past {
  readonly #uses = new WeakMap<object, Uses>()
  readonly #held = new Set<object>()
  /** One that has ended for each function, by the prototype of its generators. */
  readonly #ended = new WeakMap<object, Actor>()
  /** When each was first seen waiting, by the clock of its loop. */
  readonly #waits = new WeakMap<Future, number>()
  readonly #woken = new Map<Task, Woken>()
  readonly #lost: Woken[] = []
  readonly #numbers: Numbers
  /** How many iterations have ended. */
  turns = 0

  constructor(numbers: Numbers) {
    this.#numbers = numbers
  }

  /** Observes a loop, until the result is called; not its steps, since that would cost more than a step. */
  watch(loop: EventLoop): () => void {
    const current = (): Task | undefined => loop.currentTask as Task | undefined
    const actor = (task: object | undefined): Actor | undefined => task && this.#numbers.actorOf(task)
    const probe: Probe = {
      taskMade: (task) => {
        const maker = actor(current()) // numbered first
        Object.assign(this.#numbers.actorOf(task), { made: loop.lastTime, maker })
      },
      taskDone: (task, outcome) => this.#done(task as Task, outcome, loop),
      cancelRequested: (task, { via }) => {
        const before = loop.lastTime
        const one = this.#numbers.actorOf(task)
        one.cancelled = { by: actor(via ?? current()), time: loop.time() }
        this.#noteWait(task as Task, before)
        // The next Task may be waiting already.
        if (this.#noteWoken(task as Task, one)) this.noteWaits(loop, before)
      },
      settled: (future, waiting) => {
        if (waiting === undefined || this.#woken.size === 0) return
        const isOther = future === current() || future.label.endsWith('.acquire()') // see `lostWakeUps()`
        if (!isOther) this.#woken.delete(current()!)
      },
      resource: (resource, action, value, to) =>
        this.#use(resource, { action, value, time: loop.lastTime, actor: actor(current()), to: actor(to) }),
      iterationEnded: () => void this.turns++,
    }
    loop.probes.add(probe)
    return () => loop.probes.remove(probe)
  }

  /** Notes which Tasks wait, so that it is known how long: call it now and then. */
  noteWaits(loop: EventLoop, now: number = loop.clock.time()): void {
    for (const task of loop.tasks) this.#noteWait(task as Task, now)
  }

  #noteWait({ waitedFor }: Task, now: number): void {
    if (waitedFor?.done() === false && !this.#waits.has(waitedFor)) this.#waits.set(waitedFor, now)
  }

  /** About when the Task began to wait, if it was seen waiting. */
  waitsSince(task: Task): number | undefined {
    return task.waitedFor && this.#waits.get(task.waitedFor)
  }

  /** The last request to cancel it. */
  cancellation(task: Task): { readonly by: number; readonly time: number } | undefined {
    const { cancelled } = this.#numbers.actorOf(task)
    return cancelled && { by: cancelled.by?.id ?? 0, time: cancelled.time }
  }

  /** Who holds which lock: the Tasks of one loop, or code outside of Tasks. */
  *holders(loop: EventLoop): Iterable<RowOf<'resource'>> {
    const ids = new Set([...loop.tasks].map((task) => this.#numbers.of(task)))
    for (const resource of this.#held) {
      const uses = this.#uses.get(resource)!
      for (const use of uses.holders)
        if (use.actor === undefined || ids.has(use.actor.id)) yield this.#row(resource, uses, use)
    }
  }

  #row(resource: object, { label }: Uses, { actor, to, ...use }: Use): RowOf<'resource'> {
    const name = this.#numbers.resourceName(resource, label)
    return { kind: 'resource', task: actor?.id ?? 0, resource: name, to: to?.id ?? 0, ...use }
  }

  /** The rows that lead to the present state of these Tasks; what is `seen` is left out. */
  *rows(tasks: readonly Task[], seen: Set<object>, coroutineName?: NameOf): Iterable<Row> {
    if (tasks.length === 0) return
    const known = new Set(tasks.map((task) => this.#numbers.add(task)))
    const nameOf = (task: Task): string => this.#numbers.nameOf(task, coroutineName)
    const nameOfEnded = ({ given, coroutine }: End, id: number): string => {
      if (!/^Task-\d+$/.test(given)) return given
      const stub = { getName: () => given, getCoro: () => coroutine, getLoop: () => tasks[0]!.getLoop() }
      return nameOf(stub as Task).replace(/^Task-0$/, `Task-${id}`) // the cast: no more of it is looked at
    }
    function* introduce(one: Actor | undefined): Iterable<Row> {
      if (one?.end === undefined || known.has(one.id)) return
      known.add(one.id)
      const { id: task, made, end } = one
      yield { kind: 'created', task, parent: 0, name: nameOfEnded(end, task), line: 0, time: made }
      yield { kind: 'done', task, outcome: end.outcome, error: '', from: 0, time: end.time }
    }
    for (const task of tasks) {
      const { id, made, maker, cancelled } = this.#numbers.actorOf(task)
      yield* introduce(maker)
      yield* introduce(cancelled?.by)
      yield* introduce(this.#ended.get(functionOf(task)))
      yield { kind: 'created', task: id, parent: maker?.id ?? 0, name: nameOf(task), line: 0, time: made }
    }
    for (const resource of [...this.#held, ...tasks.flatMap((task) => ownerOf(task.waitedFor) ?? [])]) {
      const uses = this.#uses.get(resource)
      if (uses === undefined || seen.has(resource)) continue
      seen.add(resource)
      for (const use of [...uses.holders, ...uses.takers, ...lastOf(uses)]) {
        yield* introduce(use.actor)
        yield this.#row(resource, uses, use)
      }
    }
    for (const { actor, row } of this.#lost) {
      const { id: task, end, cancelled } = actor
      if (end === undefined || cancelled === undefined || seen.has(actor)) continue
      seen.add(actor)
      known.add(task)
      yield* introduce(cancelled.by)
      const [{ time }, by] = [cancelled, cancelled.by?.id ?? 0]
      const request = { via: 0, message: '', line: 0, deadline: 0, canceller: '', count: 1 } as const
      yield { kind: 'created', task, parent: 0, name: nameOfEnded(end, task), line: 0, time: actor.made }
      yield row
      yield { kind: 'ready', task, time: row.time }
      yield { kind: 'cancelling', task, by, source: by > 0 ? 'task' : 'callback', ...request, time }
      yield { kind: 'done', task, outcome: 'cancelled', error: '', from: 0, time: end.time }
    }
  }

  #done(task: Task, outcome: End['outcome'], loop: EventLoop): void {
    const actor = this.#numbers.actorOf(task)
    actor.end = { given: task.getName(), coroutine: task.getCoro(), outcome, time: loop.lastTime }
    const fn = functionOf(task)
    if (!this.#ended.has(fn)) this.#ended.set(fn, actor)
    actor.maker = undefined // each of these would keep all before it
    const woken = this.#woken.size > 0 ? this.#woken.get(task) : undefined
    if (woken !== undefined) this.#woken.delete(task)
    if (woken === undefined || outcome !== 'cancelled') actor.cancelled = undefined
    else if (this.#lost.push(woken) > MAX_WOKEN) this.#lost.shift()
  }

  /** A lock of the program's own wakes the next Task through a Future. */
  #noteWoken(task: Task, actor: Actor): boolean {
    const { waitedFor } = task
    if (waitedFor?.done() !== true || waitedFor.cancelled() || waitedFor.label !== 'future') return false
    if (this.#woken.size >= MAX_WOKEN || this.#woken.has(task)) return false
    const { time } = actor.cancelled!
    const positions = positionsOf(task)
    const row = { kind: 'suspended', task: actor.id, label: 'future', on: 0, positions, time } as const
    this.#woken.set(task, { actor, row })
    return true
  }

  #use(resource: object, use: Use): void {
    let uses = this.#uses.get(resource)
    if (uses === undefined) {
      uses = { label: className(resource), holders: [], takers: [], last: undefined }
      this.#uses.set(resource, uses)
    }
    const { holders, takers } = uses
    const { action, actor } = use
    uses.last = use
    if (action === 'acquired') {
      if (holders.push(use) === 1) this.#held.add(resource)
    } else if (action === 'got') {
      remove(takers, actor)
      if (takers.push(use) > MAX_TAKERS) takers.shift()
    } else if ((action === 'released' || action === 'handed-on') && holders.length > 0) {
      if (!remove(holders, actor)) holders.shift() // another Task than the holder may release a semaphore
      if (holders.length === 0) this.#held.delete(resource)
    }
  }
}

/** The last use, if it is not that of a holder or a taker. A release follows the acquisition that it ended. */
function lastOf({ last }: Uses): Use[] {
  if (last === undefined || last.action === 'acquired' || last.action === 'got') return []
  return last.action === 'put' || last.action === 'dropped' ? [last] : [{ ...last, action: 'acquired' }, last]
}

function remove(uses: Use[], actor: Actor | undefined): boolean {
  const own = uses.findIndex((one) => one.actor === actor)
  if (own >= 0) uses.splice(own, 1)
  return own >= 0
}

function functionOf(task: Task): object {
  return Object.getPrototypeOf(task.getCoro()) as object
}

/** The lock, the queue, … whose waiter it is. */
export function ownerOf(future: Future | undefined): object | undefined {
  return (future as { readonly owner?: object } | undefined)?.owner
}

/** Its current lines: asking the engine takes about 0.2 ms. */
export function positionsOf(task: Task): Position[] {
  return task.getStack().map((at) => ({ function: at.name, line: at.line, place: formatLocation(at) }))
}
