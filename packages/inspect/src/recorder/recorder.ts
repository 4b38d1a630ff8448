import type { EventLoop, Future, Task } from 'spindle'
import { checkOptions, explain } from 'spindle/internal'
import type { LoopEventMap } from 'spindle/tools'
import { append } from '../grouped.ts'
import type { CancelSource, Position, Recording, Row } from '../recording.ts'
import { KINDS } from '../recording-file/fields.ts'
import { Listeners } from './listeners.ts'
import { Numbers } from './numbers.ts'
import { RowStore } from './row-store.ts'

// Omit over a union would keep only what all rows share.
type WithoutTime<R> = R extends unknown ? Omit<R, 'time'> : never

/** The current lines of a program, as far as they are known. */
export interface Whereabouts {
  positions(task: object): readonly Position[]
  /** The line of the program that is running now; 0 if unknown. */
  currentLine(): number
  /** The name of the coroutine that the new Task runs. */
  coroutineName(task: object): string | undefined
}

/** Options of a Recorder. */
export interface RecorderOptions {
  /** Finds the lines of the program. Without it a recording has names, but no lines. */
  readonly where?: Partial<Whereabouts>
  /** The number of rows to keep; about half of them are dropped when there are more. By default 100,000. */
  readonly maxRows?: number
  /** Whether to add a row where an iteration of the loop ends. */
  readonly turns?: boolean
  /** Called with each row, which is then not kept: for a file. */
  readonly onRow?: (row: Row) => void
}

export const RECORDER_OPTIONS: readonly string[] = ['where', 'maxRows', 'turns', 'onRow']

const MAX_FAILURES = 1000
const STEP = KINDS.indexOf('step')
const SUSPENDED = KINDS.indexOf('suspended')
const NOWHERE: readonly Position[] = []

/**
 * Records the events of a loop, as rows. `record()` is enough for most uses; this class also accepts your own rows.
 */
export class Recorder {
  readonly #numbers: Numbers
  readonly #where: Partial<Whereabouts>
  readonly #maxRows: number
  readonly #turns: boolean
  readonly #onRow: ((row: Row) => void) | undefined
  readonly #listeners = new Listeners()
  // The newer half of the rows, and the older half. When that is dropped, only its unfinished Tasks are remembered.
  #rows = new RowStore()
  #older = new RowStore()
  #carried = new Map<number, Row>()
  // Failed Tasks by their printed form: the report of a lost exception must not keep the Task alive, so it has no more.
  readonly #failures = new Map<string, number[]>()
  readonly #renamed = new Map<number, string>()
  // The first Task that ended with an error, and the last error that came into a Task.
  readonly #origins = new WeakMap<object, number>()
  readonly #arrived = new WeakMap<object, unknown>()
  // The members of the TaskGroup that each Task waits for. And the Tasks created in this step, until their group is
  // known: a group adds a Task after creating it. An eager Task may still run then.
  readonly #groups = new Map<number, ReadonlySet<Future>>()
  readonly #unplaced = new Map<Task, 'runs' | undefined>()
  #dropped = 0
  #loop: EventLoop | undefined
  /** The name of the canceller at this moment, if it is not part of the program. */
  canceller: CancelSource | undefined
  /** Nothing more is written. */
  isStopped = false

  /** @param numbers of the process, if something else shows its Tasks, too */
  constructor(options: RecorderOptions = {}, numbers: Numbers = new Numbers()) {
    checkOptions('Recorder', options, RECORDER_OPTIONS)
    const { where = {}, maxRows = 100_000, turns = false, onRow } = options
    if (!(maxRows >= 2)) throw new RangeError(`maxRows: expected a number of rows, 2 or more, got ${String(maxRows)}`)
    this.#numbers = numbers
    this.#where = where
    this.#maxRows = maxRows
    this.#turns = turns
    this.#onRow = onRow
  }

  /**
   * Listens to a loop from now on; Tasks that already exist are recorded in their current state. A second loop of the
   * program goes into the same recording.
   */
  watch(loop: EventLoop): void {
    explain()
    this.#loop = loop
    this.addExisting(loop)
    const listen = <Name extends keyof LoopEventMap>(name: Name, listener: (event: LoopEventMap[Name]) => void): void =>
      this.#listeners.add(loop, name, listener)
    listen('task:created', (event) => this.#created(event))
    listen('task:step', (event) => this.#step(event))
    listen('task:suspended', (event) => this.#suspended(event))
    listen('task:cancelling', (event) => this.#cancelling(event))
    listen('task:uncancelled', ({ task, time }) => this.#add({ kind: 'taken-back', task: this.#id(task), time }))
    listen('task:deadline', ({ task, deadline, before, time }) => {
      const add = (at: number | undefined, action: 'set' | 'dropped'): void => {
        if (Number.isFinite(at)) this.#add({ kind: 'deadline', task: this.#id(task), deadline: at!, action, time })
      }
      add(before, 'dropped')
      add(deadline, 'set')
    })
    listen('task:in-time', ({ task, deadline, time }) => {
      // A limit of Infinity is none.
      if (Number.isFinite(deadline)) this.#add({ kind: 'in-time', task: this.#id(task), deadline, time })
    })
    listen('future:done', ({ future, wakes, callbacksFor, time }) => {
      for (const task of wakes) this.#add({ kind: 'ready', task: this.#id(task), time })
      const task = this.#id(future)
      if (task === 0) return
      for (const to of callbacksFor) this.#add({ kind: 'told', task, to: this.#id(to), time })
    })
    listen('resource', ({ resource, label, action, task, to, value, time }) => {
      const name = this.#numbers.resourceName(resource, label)
      this.#add({ kind: 'resource', task: this.#id(task), resource: name, action, to: this.#id(to), value, time })
    })
    listen('task:cancel-swallowed', ({ task, time }) => this.#add({ kind: 'swallowed', task: this.#id(task), time }))
    listen('task:done', ({ task, outcome, time }) => {
      if (this.#unplaced.size > 0) this.#joined(task, time, true)
      const error = outcome === 'threw' ? this.#failed(task) : ''
      const from = outcome === 'returned' ? 0 : this.#originOf(task)
      this.#add({ kind: 'done', task: this.#id(task), outcome, error, from, time })
    })
    listen('deadlock', ({ error: { message }, time }) => {
      // The Tasks that it lists are in the recording.
      this.#add({ kind: 'ended', text: `DeadlockError: ${message.split(':\n', 1)[0]}`, line: 0, time })
    })
    if (this.#turns) listen('turn', ({ handles, time }) => this.#add({ kind: 'turn', handles, time }))
    listen('exception', ({ context: { message, future }, time }) => {
      if (message !== 'Task exception was never retrieved') return
      const task = this.#failures.get(String(future))?.shift()
      if (task !== undefined) this.#add({ kind: 'lost', task, time })
    })
  }

  /** Stops listening. */
  stop(): void {
    this.isStopped = true
    this.#listeners.removeAll()
  }

  /** Names a Task after its first function, if it has no better name. */
  name(task: object, name: string): void {
    this.#renamed.set(this.#id(task), name)
  }

  /** Adds a row of your own, at the current time of the loop. */
  add(row: WithoutTime<Row>): void {
    if (!this.isStopped) this.#add({ time: this.#loop?.time() ?? 0, ...row } as Row)
  }

  /** The number of rows that are kept. */
  get length(): number {
    return this.#carried.size + this.#older.length + this.#rows.length
  }

  /** The memory that the rows take, without their texts, in bytes. */
  get bytes(): number {
    return this.#older.bytes + this.#rows.bytes
  }

  /** The number of a Task; 0 if it is not a Task, or was not recorded. */
  idOf(task: object | undefined): number {
    return this.#id(task)
  }

  /** The recording so far. */
  recording(): Recording {
    const rows = [...this.#carried.values(), ...this.#older, ...this.#rows]
    for (const [n, row] of this.#renamed.size === 0 ? [] : rows.entries()) {
      const name = row.kind === 'created' ? this.#renamed.get(row.task) : undefined
      if (row.kind === 'created' && name !== undefined && row.name === `Task-${row.task}`) rows[n] = { ...row, name }
    }
    return { version: 1, rows, dropped: this.#dropped }
  }

  /**
   * Adds the Tasks of a loop in their current state.
   * @param seen adds their past as well, save what is in here; it is in here then
   * @internal
   */
  addExisting(loop: EventLoop, seen?: Set<object>): void {
    const { past } = this.#numbers
    const now = loop.time()
    const tasks = [...loop.tasks] as Task[]
    for (const task of tasks) this.#numbers.add(task)
    if (seen === undefined) {
      for (const task of tasks) this.#addCreated(task, undefined, 0, now)
      for (const row of past.holders(loop)) this.#add({ ...row, time: now })
    } else for (const row of past.rows(tasks, seen, this.#where.coroutineName)) this.#add(row)
    for (const existing of tasks) {
      const task = this.#id(existing)
      const waiter = existing.waitedFor?.done() === false ? existing.waitedFor : undefined
      const time = (seen && waiter && past.waitsSince(existing)) ?? now
      const count = existing.cancelling()
      const request = seen === undefined ? undefined : past.cancellation(existing)
      const at = request?.time ?? now
      if (count > 0) {
        const { by: canceller = '' } = existing.cancelledBy() ?? {}
        const by = request?.by ?? 0
        const source = by > 0 ? 'task' : (SOURCES[canceller] ?? 'callback')
        const unknown = { via: 0, message: '', line: 0, deadline: 0 }
        this.#add({ kind: 'cancelling', task, by, source, count, canceller, ...unknown, time: at })
      }
      // A Task that has waited since before the request has not received the error.
      const isCleaning = count > 0 && (request === undefined || at <= time)
      if (waiter === undefined ? loop.currentTask === existing : isCleaning)
        this.#add({ kind: 'step', task, by: isCleaning ? 'cancel' : 'value', from: 0, time })
      if (waiter === undefined) continue
      this.#suspended({ task: existing, kind: 'getCoro' in waiter ? 'task' : 'future', future: waiter, time })
    }
  }

  #created({ task, parent, eager, time }: LoopEventMap['task:created']): void {
    this.#addCreated(task, parent, this.#where.currentLine?.() ?? 0, time)
    if (this.#groups.size > 0) this.#unplaced.set(task, eager ? 'runs' : undefined)
  }

  #addCreated(task: Task, parent: Task | undefined, line: number, time: number): void {
    const id = this.#numbers.add(task)
    this.#add({ kind: 'created', task: id, parent: this.#id(parent), name: this.#nameOf(task), line, time })
  }

  /** Adds the Tasks that have joined a group since it is waited for. @param isLast whether the step of `task` ends */
  #joined(task: Task, time: number, isLast: boolean): void {
    for (const member of this.#unplaced.keys()) {
      for (const [to, members] of this.#groups) {
        if (!members.has(member)) continue
        this.#add({ kind: 'joined', task: this.#id(member), to, time })
        this.#unplaced.delete(member)
      }
    }
    if (!isLast) return
    if (this.#unplaced.get(task) === 'runs') this.#unplaced.set(task, undefined)
    else this.#unplaced.clear()
  }

  #nameOf(task: Task): string {
    return this.#numbers.nameOf(task, this.#where.coroutineName)
  }

  // Most rows are of these two kinds: they are stored without creating an object.
  #step({ task, resumedBy, from, time }: LoopEventMap['task:step']): void {
    const id = this.#id(task)
    if (this.#unplaced.size > 0) this.#joined(task, time, this.#unplaced.get(task) === undefined)
    this.#groups.delete(id)
    if (resumedBy === 'error') this.#arrived.set(task, from?.peekException())
    if (this.#onRow !== undefined)
      return this.#onRow({ kind: 'step', task: id, by: resumedBy, from: this.#id(from), time })
    this.#rows.begin(STEP, time)
    this.#rows.number(id)
    this.#rows.text(resumedBy)
    this.#rows.number(this.#id(from))
    this.#noteRow()
  }

  #suspended({
    task,
    kind,
    future,
    time,
  }: Pick<LoopEventMap['task:suspended'], 'task' | 'kind' | 'future' | 'time'>): void {
    const id = this.#id(task)
    if (this.#unplaced.size > 0) this.#joined(task, time, true)
    const on = kind === 'task' ? this.#id(future) : 0
    // A Task's number counts all Tasks of the process.
    const shown = kind === 'turn' ? 'sleep(0)' : on > 0 ? '' : this.#labelOf(future!)
    const positions = this.#where.positions?.(task) ?? NOWHERE
    const members = on > 0 || future === undefined ? [] : this.#membersOf(future)
    if (future?.members instanceof Set) this.#groups.set(id, future.members)
    if (this.#onRow !== undefined || positions.length > 0 || members.length > 0) {
      const row: Row = { kind: 'suspended', task: id, label: shown, on, positions, time }
      return this.#add(members.length === 0 ? row : { ...row, members })
    }
    this.#rows.begin(SUSPENDED, time)
    this.#rows.number(id)
    this.#rows.text(shown)
    this.#rows.number(on)
    this.#rows.text('[]')
    this.#rows.text(undefined)
    this.#noteRow()
  }

  #cancelling(event: LoopEventMap['task:cancelling']): void {
    const { task, by, via, canceller = '', deadline = 0, message = '', count, time } = event
    if (this.#unplaced.size > 0) this.#joined(task, time, false)
    const isJudge = /^at point \d/.test(message)
    this.#add({
      kind: 'cancelling',
      task: this.#id(task),
      by: isJudge ? 0 : this.#id(by),
      source: isJudge ? 'judge' : by !== undefined ? 'task' : (this.canceller ?? SOURCES[canceller] ?? 'callback'),
      via: this.#id(via),
      message,
      count,
      line: by === undefined || via !== undefined ? 0 : (this.#where.currentLine?.() ?? 0),
      canceller: by === undefined || canceller !== by.getName() ? canceller : '',
      deadline,
      time,
    })
  }

  #add(row: Row): void {
    if (this.#onRow !== undefined) return this.#onRow(row)
    this.#rows.push(row)
    this.#noteRow()
  }

  #noteRow(): void {
    if (this.#rows.length * 2 > this.#maxRows) this.#drop()
  }

  /**
   * Drops the older half, but keeps the `created` row of each unfinished Task: without it the Task would have no name.
   */
  #drop(): void {
    const before = this.#carried.size + this.#older.length
    for (const row of this.#older.ofKinds('created', 'done')) {
      if (row.kind === 'created') this.#carried.set(row.task, row)
      else if (row.kind === 'done') this.#carried.delete(row.task)
    }
    this.#dropped += before - this.#carried.size
    this.#older = this.#rows
    this.#rows = new RowStore()
  }

  /** Remembers a Task that failed, and describes its exception without marking it as retrieved. */
  #failed(task: Task): string {
    const text = String(task)
    append(this.#failures, text, this.#id(task))
    if (this.#failures.size > MAX_FAILURES) this.#failures.delete(this.#failures.keys().next().value!)
    return (
      /exception=(.*?)(?: cb=\[| created at | cancelled_by=| message=|>?$)/s.exec(text)?.[1]?.slice(0, 200) ??
      'an exception'
    )
  }

  /** The origin of the error of a Task that ended. @see Row */
  #originOf(task: Task): number {
    const error = task.peekException()
    if (typeof error !== 'object' || error === null) return 0
    const id = this.#id(task)
    const known = this.#origins.get(error)
    if (known === undefined) this.#origins.set(error, id)
    return this.#arrived.get(task) === error ? id : (known ?? 0)
  }

  /** The awaitable: `Lock 2.acquire()`, if it is the second of this name. */
  #labelOf(future: Future): string {
    const { label } = future
    // A getter of the waiters of a lock, a queue, …
    const { owner } = future as Future & { readonly owner?: object }
    const dot = label.lastIndexOf('.')
    // The number of a group's Tasks changes while it is waited for.
    if (owner === undefined || dot < 0)
      return label.replace(/\(Task-\d+\)$/, '()').replace(/^(TaskGroup)\(\d+\)$/, '$1')
    return this.#numbers.resourceName(owner, label.slice(0, dot)) + label.slice(dot)
  }

  /** The unfinished Tasks that a gather, a group, … waits for, directly or through others. */
  #membersOf(future: Future): number[] {
    const futures = [...future.members]
    const tasks = new Set<number>()
    for (const member of futures) {
      if (member.done()) continue
      const task = this.#id(member)
      if (task > 0) tasks.add(task)
      else for (const inner of member.members) futures.push(inner)
    }
    return [...tasks]
  }

  #id(task: object | undefined): number {
    return this.#numbers.of(task)
  }
}

/** The canceller, if it is not a Task. */
const SOURCES: { readonly [canceller: string]: CancelSource } = {
  'timeout()': 'timeout',
  TaskGroup: 'TaskGroup',
  'race()': 'race',
  'any()': 'race',
  AbortSignal: 'signal',
  'Ctrl-C': 'interrupt',
  'the end of the run': 'run',
}
