import type { EventLoop, Future, Task } from 'spindle'
import { className, formatLocation, type Probe } from 'spindle/internal'
import type { Position, Row, RowOf } from '../recording.ts'
import type { NameOf, Numbers } from './numbers.ts'

/** A Task, as what outlives it remembers it. */
interface Actor {
  readonly id: number
  /** By the clock of the loop, in ms. */
  readonly made: number
  maker: Actor | undefined
  cancelled: { readonly by: Actor | undefined; readonly time: number } | undefined
  end: End | undefined
}

/** How a Task ended. It is named only if somebody asks: that takes the engine about 0.2 ms for each function. */
interface End {
  readonly given: string
  readonly coroutine: object
  readonly outcome: RowOf<'done'>['outcome']
  readonly time: number
}

/** What was done with a lock, a semaphore or a queue. */
interface Use extends Pick<RowOf<'resource'>, 'action' | 'value' | 'time'> {
  readonly actor: Actor | undefined
  readonly to: Actor | undefined
}

interface Uses {
  readonly label: string
  /** How many hold it, or a permit of it. */
  holders: number
  /** Of the older uses: those of the present holders, and the last of each Task that took an item. */
  readonly older: Use[]
  readonly recent: Use[]
}

/** A Task that was woken, and cancelled before it ran. */
interface Woken {
  readonly actor: Actor
  readonly row: RowOf<'suspended'>
}

const RECENT = 16
const MAX_TAKERS = 8
const MAX_WOKEN = 20

/**
 * What the present state of loops does not tell, as rows: who made and who cancelled a Task, who holds a lock, who took
 * items from a queue, which wake-ups were lost.
 */
export class Past {
  readonly #actors = new WeakMap<Task, Actor>()
  readonly #uses = new WeakMap<object, Uses>()
  readonly #held = new Set<object>()
  /** One that has ended for each function, by the prototype of its generators. */
  readonly #ended = new WeakMap<object, Actor>()
  readonly #woken = new Map<Task, Woken>()
  readonly #lost: Woken[] = []
  readonly #numbers: Numbers
  /** Knows when the last step of a Task ended, by a clock of its own. */
  steps: { now(): number; endOf(task: Task): number | undefined } = { now: () => 0, endOf: () => undefined }

  constructor(numbers: Numbers) {
    this.#numbers = numbers
  }

  /** Observes a loop, until the result is called. */
  watch(loop: EventLoop): () => void {
    const current = (): Task | undefined => loop.currentTask as Task | undefined
    const actor = (task: object | undefined): Actor | undefined =>
      task === undefined ? undefined : this.#actorOf(task as Task, loop)
    const probe: Probe = {
      taskMade: (task) => void this.#actorOf(task as Task, loop, actor(current())),
      taskDone: (task, outcome) => this.#done(task as Task, outcome, loop),
      cancelRequested: (task, { via }) => {
        const cancelled = { by: actor(via ?? current()), time: loop.time() }
        actor(task)!.cancelled = cancelled
        this.#noteWoken(task as Task)
      },
      settled: (future, waiting) => {
        if (waiting === undefined || this.#woken.size === 0) return
        const isOther = future === current() || future.label.endsWith('.acquire()') // see `lostWakeUps()`
        if (!isOther) this.#woken.delete(current()!)
      },
      resource: (resource, action, value, to) =>
        this.#use(resource, { action, value, time: loop.time(), actor: actor(current()), to: actor(to) }),
    }
    loop.probes.add(probe)
    return () => loop.probes.remove(probe)
  }

  /** The last request to cancel it. */
  cancellation(task: Task): { readonly by: number; readonly time: number } | undefined {
    const { cancelled } = this.#actors.get(task) ?? {}
    return cancelled && { by: cancelled.by?.id ?? 0, time: cancelled.time }
  }

  /** Who holds which lock: the Tasks of one loop, or code outside of Tasks. */
  *holders(loop: EventLoop): Iterable<RowOf<'resource'>> {
    const ids = new Set([...loop.tasks].map((task) => this.#numbers.of(task)))
    for (const resource of this.#held) {
      const uses = this.#uses.get(resource)!
      for (const use of uses.recent.reduce(remember, [...uses.older]))
        if (use.action === 'acquired' && (use.actor === undefined || ids.has(use.actor.id)))
          yield this.#row(resource, uses, use)
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
      const actor = this.#actors.get(task)
      const [id, parent] = [this.#numbers.of(task), actor?.maker?.id ?? 0]
      yield* introduce(actor?.maker)
      yield* introduce(actor?.cancelled?.by)
      yield* introduce(this.#ended.get(functionOf(task)))
      yield { kind: 'created', task: id, parent, name: nameOf(task), line: 0, time: actor?.made ?? 0 }
    }
    for (const resource of [...this.#held, ...tasks.flatMap((task) => ownerOf(task.waitedFor) ?? [])]) {
      const uses = this.#uses.get(resource)
      if (uses === undefined || seen.has(resource)) continue
      seen.add(resource)
      for (const use of [...uses.older, ...uses.recent]) {
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

  #actorOf(task: Task, loop: EventLoop, maker?: Actor): Actor {
    const known = this.#actors.get(task)
    if (known !== undefined) return known
    const actor: Actor = { id: this.#numbers.add(task), made: loop.time(), maker, cancelled: undefined, end: undefined }
    this.#actors.set(task, actor)
    return actor
  }

  #done(task: Task, outcome: RowOf<'done'>['outcome'], loop: EventLoop): void {
    const actor = this.#actorOf(task, loop)
    actor.end = { given: task.getName(), coroutine: task.getCoro(), outcome, time: loop.time() }
    const fn = functionOf(task)
    if (!this.#ended.has(fn)) this.#ended.set(fn, actor)
    const woken = this.#woken.get(task)
    this.#woken.delete(task)
    actor.maker = undefined // each of these would keep all before it
    if (woken === undefined || outcome !== 'cancelled') actor.cancelled = undefined
    else if (this.#lost.push(woken) > MAX_WOKEN) this.#lost.shift()
  }

  /** A lock of the program's own wakes the next Task through a Future. */
  #noteWoken(task: Task): void {
    const { waitedFor } = task
    if (waitedFor?.done() !== true || waitedFor.cancelled() || waitedFor.label !== 'future') return
    if (this.#woken.size >= MAX_WOKEN || this.#woken.has(task)) return
    const actor = this.#actors.get(task)!
    const { time } = actor.cancelled!
    const positions = positionsOf(task)
    const row = { kind: 'suspended', task: actor.id, label: 'future', on: 0, positions, time } as const
    this.#woken.set(task, { actor, row })
  }

  #use(resource: object, use: Use): void {
    const uses: Uses = this.#uses.get(resource) ?? { label: className(resource), holders: 0, older: [], recent: [] }
    if (uses.recent.length === 0) this.#uses.set(resource, uses) // it is new
    uses.recent.push(use)
    if (uses.recent.length > RECENT) remember(uses.older, uses.recent.shift()!)
    if (use.action === 'acquired') {
      uses.holders++
      this.#held.add(resource)
    } else if (use.action === 'released' || use.action === 'handed-on') {
      if (--uses.holders > 0) return
      uses.holders = 0 // a semaphore may be released more often than it was acquired
      this.#held.delete(resource)
    }
  }
}

/** Adds a use to those that are remembered for the present state, and drops what it ends. */
function remember(older: Use[], use: Use): Use[] {
  const { action, actor } = use
  if (action === 'put' || action === 'dropped') return older
  const own = older.findIndex((one) => one.actor === actor)
  if (action === 'released' || action === 'handed-on')
    older.splice(Math.max(own, 0), 1) // another Task than the holder may release a semaphore
  else if (action === 'got' && own >= 0) older.splice(own, 1)
  if (action === 'acquired' || action === 'got') older.push(use)
  if (action === 'got' && older.length > MAX_TAKERS) older.shift()
  return older
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
