// A storm: a few Tasks use locks, semaphores, queues, a condition, a barrier and steps of several coroutines, while
// others cancel them, once or twice, at any point, and deadlines pass. `runStorm` runs one such program beside a model
// of each primitive, and returns what went wrong.
//
// What must hold: a lock has one holder, a semaphore at most as many as permits; waiters are served in order; no item
// is lost, duplicated or out of order; no Task waits for something available; nothing is locked at the end; each cancel
// arrives, and what a step began is over when the step is.

import { CancelledError, type Coroutine, TimeoutError, VirtualClock } from '@spindle/loop'
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  createTask,
  LifoQueue,
  Lock,
  moveOnAfter,
  newEventLoop,
  PriorityQueue,
  Queue,
  QueueShutDown,
  runSync,
  Semaphore,
  sleep,
  type Task,
  timeout,
  wait,
} from '@spindle/task'
import fc from 'fast-check'
import { failure, type Parts, STEPS, type Step } from './storm-steps.fixture.ts'

export interface StormProgram {
  /** The actions of its Tasks: of a few kinds, so that the Tasks interact. */
  readonly kinds: readonly string[]
  readonly maxSize: number
  readonly tasks: readonly StormTask[]
  /** Which Task is cancelled after how many points of the program. */
  readonly cancels: readonly { readonly at: number; readonly task: number; readonly twice: boolean }[]
  /** The number of turns of the loop after which a separate Task cancels one. */
  readonly late: readonly { readonly turns: number; readonly task: number }[]
}

interface StormTask {
  readonly eager: boolean
  /** Whether it continues with its next action after a cancellation. */
  readonly goesOn: boolean
  readonly actions: readonly Action[]
}

interface Action {
  /** The index of its kind in the list of kinds, modulo its length. */
  readonly kind: number
  readonly within: 'plain' | 'timeout' | 'moveOnAfter' | 'task'
  readonly pauses: readonly number[]
  readonly priority: number
  /**
   * The Task that is cancelled as soon as this one has released, notified or put something: possibly the one that was
   * just picked.
   */
  readonly cancels: number | null
}

const HELD = ['lock', 'semaphore', 'bounded'] as const
const QUEUES = ['fifo', 'lifo', 'priority'] as const
const PRIMITIVES = [...HELD, ...QUEUES, 'condition', 'barrier', 'shutdown', 'shutdown now']

const pauses = fc.array(fc.constantFrom(0, 0, 0, 1, 2), { maxLength: 3 })
const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.nat(11),
  within: fc.constantFrom(
    'plain' as const,
    'plain' as const,
    'timeout' as const,
    'moveOnAfter' as const,
    'task' as const,
  ),
  pauses,
  priority: fc.nat(3),
  cancels: fc.option(fc.nat(6), { freq: 4 }),
})

/** Programs of some of these kinds. */
export const stormsOf = (kinds: readonly string[]): fc.Arbitrary<StormProgram> =>
  fc.record({
    kinds: fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 1, maxLength: 4 }),
    maxSize: fc.nat(2),
    tasks: fc.array(
      fc.record({
        eager: fc.boolean(),
        goesOn: fc.boolean(),
        actions: fc.array(action, { minLength: 1, maxLength: 5 }),
      }),
      { minLength: 2, maxLength: 7 },
    ),
    cancels: fc.array(fc.record({ at: fc.nat(60), task: fc.nat(6), twice: fc.boolean() }), { maxLength: 8 }),
    late: fc.array(fc.record({ turns: fc.nat(12), task: fc.nat(6) }), { maxLength: 3 }),
  })

// Half of them use primitives alone, which would otherwise seldom meet: there are twice as many other kinds.
export const stormPrograms: fc.Arbitrary<StormProgram> = fc.oneof(
  stormsOf(PRIMITIVES),
  stormsOf([...PRIMITIVES, ...Object.keys(STEPS)]),
)

/** Runs a program to its end. The result is empty if everything held. */
export function runStorm(program: StormProgram): string[] {
  const storm = new Storm(program)
  const loopFactory = (): ReturnType<typeof newEventLoop> => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    loop.setExceptionHandler((_loop, { message, exception }) => {
      if (exception !== failure) storm.fault(`reported: ${message} ${String(exception)}`)
    })
    return loop
  }
  try {
    runSync(storm.run(), { loopFactory })
  } catch (error) {
    storm.fault(`the run ended with ${String(error)}`)
  }
  return storm.faults
}

/** A Task that waits or is served. One that may have been cancelled may be passed over. */
interface Visit {
  readonly task: number
  mayLeave: boolean
  waitsFor: string
}

/** The order of arrival at a lock or semaphore, and the number of holders. */
class Line {
  readonly #name: string
  readonly #permits: number
  readonly #fault: (what: string) => void
  readonly visits: Visit[] = []
  holders = 0

  constructor(name: string, permits: number, fault: (what: string) => void) {
    this.#name = name
    this.#permits = permits
    this.#fault = fault
  }

  serve(visit: Visit): void {
    const ahead = this.visits.slice(0, this.visits.indexOf(visit)).filter(({ mayLeave }) => !mayLeave)
    if (ahead.length > 0) this.#fault(`${this.#name}: task ${visit.task} overtook task ${ahead[0]?.task}`)
    this.leave(visit)
    if (++this.holders > this.#permits) this.#fault(`${this.#name}: ${this.holders} holders of ${this.#permits}`)
  }

  leave(visit: Visit): void {
    const at = this.visits.indexOf(visit)
    if (at !== -1) this.visits.splice(at, 1)
  }
}

export class Storm {
  readonly faults: string[] = []
  readonly #program: StormProgram
  readonly #steps: Record<string, Step>
  readonly #tasks: Task[] = []
  readonly #visits = new Set<Visit>()
  // Tasks that were cancelled and have not received the error yet: they may leave their next wait.
  readonly #cancelled = new Set<number>()
  // Tasks that have not received the error of a request that was accepted.
  readonly #requested = new Set<number>()
  #points = 0

  readonly #lock = new Lock()
  readonly #semaphore = new Semaphore(2)
  readonly #bounded = new BoundedSemaphore(1)
  readonly #condition = new Condition()
  readonly #barrier = new Barrier(2)
  readonly #queues: Record<string, Queue<number>>
  readonly #lines: Record<string, Line>
  // The items of each queue, in the order they were put in.
  readonly #items: Record<string, number[]> = { fifo: [], lifo: [], priority: [] }
  #itemsMade = 0
  #tokens = 0
  #insideCondition = 0
  #isShutDown = false

  constructor(program: StormProgram, steps: Record<string, Step> = STEPS) {
    this.#program = program
    this.#steps = steps
    const fault = (what: string): void => this.fault(what)
    this.#lines = {
      lock: new Line('Lock', 1, fault),
      semaphore: new Line('Semaphore', 2, fault),
      bounded: new Line('BoundedSemaphore', 1, fault),
    }
    this.#queues = {
      fifo: new Queue(program.maxSize),
      lifo: new LifoQueue(program.maxSize),
      priority: new PriorityQueue(program.maxSize),
    }
  }

  fault(what: string): void {
    this.faults.push(what)
  }

  *run(): Coroutine<void> {
    for (const [index, { eager, actions, goesOn }] of this.#program.tasks.entries()) {
      const task = createTask(this.#work(index, actions, goesOn), { eagerStart: eager, name: `${index}` })
      this.#tasks.push(task)
      this.#point()
    }
    for (const { turns, task } of this.#program.late) createTask(this.#cancelLater(turns, task))
    // Longer than all deadlines and pauses together: a Task that is not done then is stuck.
    const { pending } = yield* wait(this.#tasks, { timeout: 100_000 })
    if (pending.size > 0) this.#checkStuck()
    for (const task of pending) {
      // A Task that continues has to be cancelled at each of its waits.
      for (let cancels = 0; cancels < 20 && !task.done(); cancels++) {
        this.#cancel(this.#tasks.indexOf(task))
        for (let turns = 0; turns < 20 && !task.done(); turns++) yield* sleep(1)
      }
      if (!task.done()) return this.fault(`task ${task.getName()} cannot be ended`)
    }
    yield* this.#checkEnd()
  }

  *#cancelLater(turns: number, task: number): Coroutine<void> {
    for (let turn = 0; turn < turns; turn++) yield* sleep(0)
    this.#cancel(task)
  }

  /** Between any two steps of any Task, a Task may be cancelled. */
  #point(): void {
    const at = this.#points++
    for (const cancel of this.#program.cancels) {
      if (cancel.at !== at) continue
      this.#cancel(cancel.task)
      if (cancel.twice) this.#cancel(cancel.task)
    }
  }

  #cancel(which: number): void {
    const task = which % this.#program.tasks.length
    this.#mark(task)
    if (this.#tasks[task]?.cancel()) this.#requested.add(task)
  }

  #mark(task: number): void {
    this.#cancelled.add(task)
    for (const visit of this.#visits) if (visit.task === task) visit.mayLeave = true
  }

  *#work(index: number, actions: readonly Action[], goesOn: boolean): Coroutine<void> {
    for (const action of actions) {
      this.#point()
      const mayLeave = action.within === 'timeout' || action.within === 'moveOnAfter' || this.#cancelled.has(index)
      const visit: Visit = { task: index, mayLeave, waitsFor: '' }
      this.#visits.add(visit)
      try {
        yield* this.#within(action, visit)
      } catch (error) {
        if (error instanceof CancelledError) {
          // Unless it was cancelled again during this cancellation: that request arrives at its next wait.
          if ((this.#tasks[index] as { cancelPending?: boolean } | undefined)?.cancelPending === false) {
            this.#cancelled.delete(index)
            this.#requested.delete(index)
          }
          if (!goesOn) throw error
        } else if (!(error instanceof TimeoutError || error instanceof QueueShutDown)) {
          this.fault(`task ${index}, ${this.#kindOf(action)}: ${String(error)}`)
        }
      } finally {
        this.#visits.delete(visit)
        for (const line of Object.values(this.#lines)) line.leave(visit)
      }
    }
  }

  #within(action: Action, visit: Visit): Coroutine<unknown> {
    const act = (): Coroutine<void> => this.#act(action, visit)
    const delay = action.priority + 1
    if (action.within === 'timeout') return timeout(delay, act)
    if (action.within === 'moveOnAfter') return moveOnAfter(delay, act)
    if (action.within === 'plain') return act()
    return this.#inTask(act)
  }

  *#inTask(act: () => Coroutine<void>): Coroutine<void> {
    yield* createTask(act())
  }

  *#act(action: Action, visit: Visit): Coroutine<void> {
    const kind = this.#kindOf(action)
    const [what = '', which = ''] = kind.split(' ')
    visit.waitsFor = kind
    const step = this.#steps[kind]
    if (step !== undefined) yield* this.#compose(kind, step, action)
    else if (what === 'lock') yield* this.#hold(this.#lock, what, action, visit)
    else if (what === 'semaphore') yield* this.#hold(this.#semaphore, what, action, visit)
    else if (what === 'bounded') yield* this.#hold(this.#bounded, what, action, visit)
    else if (what === 'produce') yield* this.#produce(action, visit)
    else if (what === 'consume') yield* this.#consume(action, visit)
    else if (what === 'barrier') yield* this.#barrier.wait()
    else if (what === 'put') yield* this.#put(which, action)
    else if (what === 'get') yield* this.#get(which, action, visit)
    else this.#shutdown(which === 'now')
  }

  /** The kind of an action. For kinds that come in pairs, half of the actions do one and half the other. */
  #kindOf({ kind, priority }: Action): string {
    const { kinds } = this.#program
    const name = kinds[kind % kinds.length] as string // there is at least one
    const isFirst = priority % 2 === 0
    if (name === 'condition') return isFirst ? 'produce' : 'consume'
    if (name in this.#queues) return `${isFirst ? 'put' : 'get'} ${name}`
    return name
  }

  #after({ cancels }: Action): void {
    this.#point()
    if (cancels !== null) this.#cancel(cancels)
  }

  *#pause({ pauses }: Action): Coroutine<void> {
    for (const pause of pauses) {
      this.#point()
      yield* sleep(pause)
    }
    this.#point()
  }

  /** Runs a step of several coroutines, which are over when it is. */
  *#compose(kind: string, step: Step, action: Action): Coroutine<void> {
    let open = 0
    const pause = (): Coroutine<void> => this.#pause(action)
    const parts: Parts = {
      open: () => void open++,
      close: () => void open--,
      *hold(value) {
        open++
        try {
          yield* pause()
          if (value instanceof Error) throw value
          return value
        } finally {
          open--
        }
      },
    }
    try {
      const result = yield* step.run(parts)
      if (step.result !== undefined && JSON.stringify(result) !== JSON.stringify(step.result)) {
        this.fault(`${kind} returned ${JSON.stringify(result)}`)
      }
    } finally {
      if (open !== 0) this.fault(`${kind}: ${open} are open after its end`)
      this.#after(action)
    }
  }

  *#hold(lock: Lock | Semaphore, name: string, action: Action, visit: Visit): Coroutine<void> {
    const line = this.#lines[name] as Line
    line.visits.push(visit)
    const guard = yield* lock.acquire()
    line.serve(visit)
    visit.waitsFor = ''
    try {
      yield* this.#pause(action)
    } finally {
      line.holders--
      guard[Symbol.dispose]()
      this.#after(action)
    }
  }

  *#produce(action: Action, visit: Visit): Coroutine<void> {
    yield* this.#inCondition(action, function* (this: Storm) {
      visit.waitsFor = ''
      yield* this.#pause(action)
      this.#tokens++
      this.#condition.notify()
    })
  }

  *#consume(action: Action, visit: Visit): Coroutine<void> {
    yield* this.#inCondition(action, function* (this: Storm) {
      while (this.#tokens === 0) {
        this.#insideCondition--
        try {
          yield* this.#condition.wait()
        } finally {
          this.#enterCondition()
        }
      }
      this.#tokens--
      visit.waitsFor = ''
      yield* this.#pause(action)
    })
  }

  *#inCondition(action: Action, block: (this: Storm) => Coroutine<void>): Coroutine<void> {
    yield* this.#condition.acquire()
    this.#enterCondition()
    try {
      yield* block.call(this)
    } finally {
      this.#insideCondition--
      this.#condition.release()
      this.#after(action)
    }
  }

  #enterCondition(): void {
    if (++this.#insideCondition > 1) this.fault('Condition: two Tasks hold its lock')
  }

  *#put(name: string, action: Action): Coroutine<void> {
    const item = action.priority * 1000 + this.#itemsMade++
    yield* (this.#queues[name] as Queue<number>).put(item)
    this.#items[name]?.push(item)
    this.#after(action)
  }

  *#get(name: string, action: Action, visit: Visit): Coroutine<void> {
    const queue = this.#queues[name] as Queue<number>
    const item = yield* queue.get()
    visit.waitsFor = ''
    this.#take(name, item)
    this.#after(action)
    try {
      yield* this.#pause(action)
    } finally {
      queue.taskDone()
    }
  }

  #take(name: string, item: number): void {
    const items = this.#items[name] as number[]
    const next = { fifo: items[0], lifo: items.at(-1), priority: Math.min(...items) }[name]
    if (item !== next) this.fault(`${name} queue: got ${item} instead of ${next}`)
    const at = items.indexOf(item)
    if (at !== -1) items.splice(at, 1)
  }

  #shutdown(now: boolean): void {
    this.#isShutDown = true
    for (const [name, queue] of Object.entries(this.#queues)) {
      queue.shutdown({ immediate: now })
      if (now) this.#items[name] = []
    }
    this.#point()
  }

  /** A stuck Task must wait for something that is not available. */
  #checkStuck(): void {
    for (const { task, waitsFor } of this.#visits) {
      const [what, which = ''] = waitsFor.split(' ')
      const queue = this.#queues[which]
      const isThere =
        what === 'consume'
          ? this.#tokens > 0
          : what === 'get'
            ? queue?.empty() === false || this.#isShutDown
            : what === 'put'
              ? queue?.full() === false || this.#isShutDown
              : what !== 'barrier' || this.#barrier.nWaiting !== 1
      if (isThere) this.fault(`task ${task} waits in vain: ${waitsFor || 'in a pause'}`)
    }
  }

  /** Everything is free again, and works. */
  *#checkEnd(): Coroutine<void> {
    for (const task of this.#requested) {
      const ended = this.#tasks[task]
      // One that was put off in the last step is the caller's to notice.
      if (!ended?.cancelled() && !(ended as { isCancelPutOff?: boolean }).isCancelPutOff)
        this.fault(`a cancel of task ${task} was swallowed`)
    }
    const left = {
      lock: this.#lock.locked(),
      semaphore: this.#semaphore.locked(),
      bounded: this.#bounded.locked(),
      condition: this.#condition.locked(),
      barrier: this.#barrier.nWaiting > 0,
    }
    for (const [name, isTaken] of Object.entries(left)) if (isTaken) this.fault(`${name} is taken in the end`)
    for (const [name, line] of Object.entries(this.#lines)) {
      if (line.holders !== 0) this.fault(`${name}: ${line.holders} holders in the end`)
    }
    const used = [this.#lock, this.#semaphore, this.#bounded, this.#condition].map((lock) => lock.acquire())
    const parties = [this.#barrier.wait(), this.#barrier.wait()]
    const all: Coroutine<unknown>[] = [...used, this.#semaphore.acquire(), ...parties]
    const works = all.map((coroutine) => createTask(coroutine))
    const { pending } = yield* wait(works, { timeout: 1000 })
    if (pending.size > 0) this.fault(`${pending.size} of ${works.length} cannot be acquired in the end`)
    for (const [name, items] of Object.entries(this.#items)) yield* this.#checkItems(name, items)
  }

  *#checkItems(name: string, items: readonly number[]): Coroutine<void> {
    const queue = this.#queues[name] as Queue<number>
    const expected = items.length
    let got = 0
    for (; !queue.empty(); got++) {
      this.#take(name, queue.getNowait())
      queue.taskDone()
    }
    if (got !== expected) this.fault(`${name} queue: ${got} items are left, not ${expected}`)
    const { pending } = yield* wait([createTask(queue.join())], { timeout: 1000 })
    if (pending.size > 0) this.fault(`${name} queue: join() waits though all is done`)
  }
}
