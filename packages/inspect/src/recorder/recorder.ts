import type { EventLoop, Future, LoopEventMap, LoopTask } from '@spindle/loop'
import type { CancelSource, Position, Recording, Row } from '../recording.ts'

// Omit over a union would keep only what all rows share.
type WithoutTime<R> = R extends unknown ? Omit<R, 'time'> : never

/** Where a program stands, as far as it can be known. */
export interface Whereabouts {
  positions(task: object): readonly Position[]
  /** The line of the program that is running now; 0 if that cannot be known. */
  currentLine(): number
  /** What the coroutine is called that the new Task runs. */
  coroutineName(task: object): string | undefined
}

/** What a recording knows and keeps. */
export interface RecorderOptions {
  /** Finds the lines of the program. Without it a recording has names, but no lines. */
  readonly where?: Partial<Whereabouts>
  /** How many rows are kept; about half of them are dropped when there are more. By default 100,000. */
  readonly limit?: number
}

/** Records what happens on a loop, as rows. `record()` is enough for most uses; this class also takes rows of your own. */
export class Recorder {
  /** What is kept. Do not change it. */
  rows: Row[] = []
  readonly #ids = new WeakMap<object, number>()
  readonly #where: Whereabouts
  readonly #limit: number
  readonly #unlisten: (() => void)[] = []
  /** Names whoever cancels at this moment and is no part of the program. */
  canceller: CancelSource | undefined
  /** Nothing is written any more. */
  isStopped = false
  readonly #requests = new WeakMap<object, number>()
  #tasks = 0
  #dropped = 0
  #isFirstDone = false
  #loop: EventLoop | undefined

  constructor({ where = {}, limit = 100_000 }: RecorderOptions = {}) {
    if (!(limit >= 2)) throw new RangeError(`limit: expected a number of rows, 2 or more, got ${String(limit)}`)
    this.#where = { positions: () => [], currentLine: () => 0, coroutineName: () => undefined, ...where }
    this.#limit = limit
  }

  /** Listens to a loop, from before it has any Task. A second loop of the program goes into the same recording. */
  watch(loop: EventLoop): void {
    this.#loop = loop
    const listen = <Name extends keyof LoopEventMap>(
      name: Name,
      listener: (event: LoopEventMap[Name]) => void,
    ): void => {
      loop.events.on(name, listener as never)
      this.#unlisten.push(() => loop.events.off(name, listener as never))
    }
    listen('task:created', ({ task, parent, name }) => {
      this.#ids.set(task, ++this.#tasks)
      // A name that nobody chose says less than that of the function.
      const chosen = /^Task-\d+$/.test(name) ? this.#where.coroutineName(task) : name
      const shown = chosen ?? `Task-${this.#tasks}`
      this.add({
        kind: 'created',
        task: this.#tasks,
        parent: this.#id(parent),
        name: shown,
        line: this.#where.currentLine(),
      })
    })
    listen('task:step', ({ task, resumedBy, from }) => {
      this.add({ kind: 'step', task: this.#id(task), by: resumedBy, from: this.#id(from) })
    })
    listen('task:suspended', ({ task, label, kind, future }) => {
      const positions = this.#where.positions(task)
      const on = this.#id(future)
      // A Task's number counts all Tasks of the process.
      const shown = kind === 'turn' ? 'sleep(0)' : on > 0 ? '' : label
      this.add({ kind: 'suspended', task: this.#id(task), label: shown, on, positions })
    })
    listen('task:cancelling', ({ task, by, via, message, count }) => {
      const line = by === undefined || via !== undefined ? 0 : this.#where.currentLine()
      this.#requests.set(task, count)
      const isJudge = /^at point \d/.test(message ?? '')
      const source = isJudge ? 'judge' : by !== undefined ? 'task' : (this.canceller ?? this.#source())
      this.add({
        kind: 'cancelling',
        task: this.#id(task),
        by: isJudge ? 0 : this.#id(by),
        source,
        via: this.#id(via),
        message: message ?? '',
        count,
        line,
      })
    })
    listen('future:done', ({ wakes }) => {
      for (const task of wakes) this.add({ kind: 'ready', task: this.#id(task) })
    })
    listen('task:cancel-swallowed', ({ task }) => this.add({ kind: 'swallowed', task: this.#id(task) }))
    listen('task:done', ({ task, outcome }) => {
      this.add({ kind: 'done', task: this.#id(task), outcome, error: outcome === 'threw' ? errorOf(task) : '' })
    })
  }

  /** Stops listening. */
  stop(): void {
    this.isStopped = true
    for (const unlisten of this.#unlisten.splice(0)) unlisten()
  }

  /** Names a Task by its first function, if nothing better is known. */
  name(task: object, name: string): void {
    const id = this.#id(task)
    const at = this.rows.findIndex((row) => row.kind === 'created' && row.task === id)
    const row = this.rows[at]
    if (row?.kind === 'created' && row.name === `Task-${id}`) this.rows[at] = { ...row, name }
  }

  add(row: WithoutTime<Row>): void {
    if (this.isStopped) return
    this.#noteTakenBack()
    this.#push(row)
  }

  /** A request that is taken back has no event: the count of the running Task has become smaller. */
  #noteTakenBack(): void {
    const task = this.#loop?.currentTask as (LoopTask & { cancelling?(): number }) | undefined
    if (task === undefined) return
    const count = task.cancelling?.() ?? 0
    const before = this.#requests.get(task) ?? 0
    if (count === before) return
    this.#requests.set(task, count)
    if (count < before) this.#push({ kind: 'taken-back', task: this.#id(task) })
  }

  /** Who cancels outside of any Task, from what came before. The names on the stack would not survive a minifier. */
  #source(): CancelSource {
    if (this.#isFirstDone) return 'run'
    const before = this.rows.findLast((row) => row.kind !== 'ready' && row.kind !== 'cancelling')
    if (before?.kind === 'done' && before.outcome === 'threw' && before.time === this.#loop?.time()) return 'TaskGroup'
    return this.#where.currentLine() > 0 ? 'callback' : 'timeout'
  }

  #push(row: WithoutTime<Row>): void {
    if (row.kind === 'done' && row.task === 1) this.#isFirstDone = true
    this.rows.push({ time: this.#loop?.time() ?? 0, ...row } as Row)
    if (this.rows.length > this.#limit) this.#drop()
  }

  /** Drops the older half, but keeps how each Task that is not done was created: without it the Task would have no name. */
  #drop(): void {
    const done = new Set(this.rows.flatMap((row) => (row.kind === 'done' ? [row.task] : [])))
    const half = Math.ceil(this.rows.length / 2)
    const kept = this.rows.filter((row, n) => n >= half || (row.kind === 'created' && !done.has(row.task)))
    this.#dropped += this.rows.length - kept.length
    this.rows = kept
  }

  /** The number of a Task; 0: it is none, or none of ours. */
  idOf(task: object | undefined): number {
    return this.#id(task)
  }

  recording(): Recording {
    return { version: 1, rows: [...this.rows], dropped: this.#dropped }
  }

  #id(task: object | undefined): number {
    return task === undefined ? 0 : (this.#ids.get(task) ?? 0)
  }
}

/** Names the exception and does not count as retrieving it. */
function errorOf(task: LoopTask | Future): string {
  return /exception=(.*?)>?$/.exec(String(task))?.[1]?.slice(0, 200) ?? 'an exception'
}
