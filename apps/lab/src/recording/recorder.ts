import type { EventLoop, Future, LoopTask } from '@spindle/loop'
import type { CancelSource, Position, Recording, Row } from './recording.ts'

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

/** Writes down what happens on a loop. */
export class Recorder {
  readonly rows: Row[] = []
  readonly #ids = new WeakMap<object, number>()
  readonly #where: Whereabouts
  /** Names whoever cancels at this moment and is no part of the program. */
  canceller: CancelSource | undefined
  /** Nothing is written any more. */
  isStopped = false
  readonly #requests = new WeakMap<object, number>()
  #tasks = 0
  #loop: EventLoop | undefined

  constructor(where: Whereabouts) {
    this.#where = where
  }

  /** Listens to a loop, from before it has any Task. A second loop of the program goes into the same recording. */
  watch(loop: EventLoop): void {
    this.#loop = loop
    const { events } = loop
    events.on('task:created', ({ task, parent, name }) => {
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
    events.on('task:step', ({ task, resumedBy, from }) => {
      this.add({ kind: 'step', task: this.#id(task), by: resumedBy, from: this.#id(from) })
    })
    events.on('task:suspended', ({ task, label, kind, future }) => {
      const positions = this.#where.positions(task)
      const on = this.#id(future)
      // A Task's number counts all Tasks of the process.
      const shown = kind === 'turn' ? 'sleep(0)' : on > 0 ? '' : label
      this.add({ kind: 'suspended', task: this.#id(task), label: shown, on, positions })
    })
    events.on('task:cancelling', ({ task, by, via, message, count }) => {
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
    events.on('future:done', ({ wakes }) => {
      for (const task of wakes) this.add({ kind: 'ready', task: this.#id(task) })
    })
    events.on('task:cancel-swallowed', ({ task }) => this.add({ kind: 'swallowed', task: this.#id(task) }))
    events.on('task:done', ({ task, outcome }) => {
      this.add({ kind: 'done', task: this.#id(task), outcome, error: outcome === 'threw' ? errorOf(task) : '' })
    })
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
    if (this.rows.some((row) => row.kind === 'done' && row.task === 1)) return 'run'
    const before = this.rows.findLast((row) => row.kind !== 'ready' && row.kind !== 'cancelling')
    if (before?.kind === 'done' && before.outcome === 'threw' && before.time === this.#loop?.time()) return 'TaskGroup'
    return this.#where.currentLine() > 0 ? 'callback' : 'timeout'
  }

  #push(row: WithoutTime<Row>): void {
    this.rows.push({ time: this.#loop?.time() ?? 0, ...row } as Row)
  }

  /** The number of a Task; 0: it is none, or none of ours. */
  idOf(task: object | undefined): number {
    return this.#id(task)
  }

  recording(): Recording {
    return { version: 1, rows: this.rows }
  }

  #id(task: object | undefined): number {
    return task === undefined ? 0 : (this.#ids.get(task) ?? 0)
  }
}

/** Names the exception and does not count as retrieving it. */
function errorOf(task: LoopTask | Future): string {
  return /exception=(.*?)>?$/.exec(String(task))?.[1]?.slice(0, 200) ?? 'an exception'
}
