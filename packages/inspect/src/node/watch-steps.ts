import { rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { EventLoop, Task } from 'spindle'
import { formatLocation, type Probe } from 'spindle/internal'
import type { Numbers } from '../recorder/numbers.ts'
import { encodeTask, now, StepCell } from './step-cell.ts'

// Reading the line of a Task takes 0.2 ms, so it is limited: to MAX_LINES at once, and one for each MS_PER_LINE.
const MAX_LINES = 50
const MS_PER_LINE = 20
// The limit for each Task, so that a Task that runs all the time does not use up the others' lines.
const MAX_LINES_OF_TASK = 10
const MS_PER_LINE_OF_TASK = 1000
const MAX_NAME = 500

const NO_TEXT = new Uint8Array()

interface Entry {
  name: string | undefined
  at: string
  text: Uint8Array
  linesRead: number
  lastRead: number
  /** When its last step ended. */
  ended: number
}

interface Running {
  readonly since: number
  readonly entry: Entry
  readonly text: Uint8Array
  readonly hasItsLine: boolean
}

/** Writes the steps of Tasks to shared memory, from which a helper thread answers while this thread blocks. */
export class StepWatch implements Disposable {
  readonly #cell = new StepCell()
  readonly #path: string
  readonly #numbers: Numbers
  readonly #worker: Worker | undefined
  readonly #entries = new WeakMap<Task, Entry>()
  /** The step that runs, after those in which it was created eagerly. */
  readonly #running: Running[] = []
  #left = MAX_LINES
  #refilled = now()

  /** @param path the socket on which the helper thread answers */
  constructor(path: string, numbers: Numbers) {
    this.#path = path
    this.#numbers = numbers
    this.#cell.end(now(), 0)
    const isSource = import.meta.url.endsWith('.ts') // and then it needs what loads TypeScript
    try {
      this.#worker = new Worker(new URL(`./step-thread.${isSource ? 'ts' : 'js'}`, import.meta.url), {
        workerData: { memory: this.#cell.memory, path },
        env: {},
        stdin: false,
        ...(isSource ? {} : { execArgv: [] }),
      })
      this.#worker.on('error', () => {}) // without it `why` says that the process does not answer
      this.#worker.unref()
    } catch {} // threads are not allowed
  }

  watch(loop: EventLoop, countTasks: () => number): () => void {
    const probe: Probe = {
      begins: (ready) => {
        if (isTask(ready)) this.#begins(ready, countTasks())
      },
      ran: (ready) => {
        if (isTask(ready)) this.#ends(countTasks())
      },
      taskMade: (task, eager) => {
        if (eager) this.#begins(task, countTasks())
      },
      startedEagerly: () => this.#ends(countTasks()),
    }
    loop.probes.add(probe)
    return () => loop.probes.remove(probe)
  }

  now(): number {
    return now()
  }

  endOf(task: Task): number | undefined {
    return this.#entries.get(task)?.ended || undefined
  }

  [Symbol.dispose](): void {
    this.removeSocket()
    void this.#worker?.terminate()
  }

  removeSocket(): void {
    rmSync(this.#path, { force: true })
  }

  #begins(task: Task, tasks: number): void {
    const since = now()
    const more = Math.floor((since - this.#refilled) / MS_PER_LINE)
    if (more > 0) {
      this.#left = Math.min(MAX_LINES, this.#left + more)
      this.#refilled = since
    }
    const entry = this.#entryOf(task)
    const mayRead = entry.linesRead < MAX_LINES_OF_TASK || since - entry.lastRead > MS_PER_LINE_OF_TASK
    const readsLine = mayRead && this.#left > 0
    if (readsLine) {
      entry.linesRead++
      entry.lastRead = since
    }
    const at = readsLine ? this.#readLine(task) : entry.at
    const name = task.getName()
    if (entry.name !== name || entry.at !== at) {
      entry.name = name
      entry.at = at
      entry.text = encodeTask({ id: this.#numbers.add(task), name: this.#numbers.nameOf(task).slice(0, MAX_NAME), at })
    }
    this.#running.push({ since, entry, text: entry.text, hasItsLine: readsLine })
    this.#cell.begin(since, tasks, entry.text, readsLine)
  }

  /** The innermost step is over: the one in which its Task was created eagerly continues. */
  #ends(tasks: number): void {
    const time = now()
    const inner = this.#running.pop()
    if (inner !== undefined) inner.entry.ended = time
    const outer = this.#running.at(-1)
    if (outer === undefined) this.#cell.end(time, tasks)
    else this.#cell.begin(outer.since, tasks, outer.text, outer.hasItsLine)
  }

  #entryOf(task: Task): Entry {
    const known = this.#entries.get(task)
    if (known !== undefined) return known
    const entry = { name: undefined, at: '', text: NO_TEXT, linesRead: 0, lastRead: 0, ended: 0 }
    this.#entries.set(task, entry)
    return entry
  }

  #readLine(task: Task): string {
    this.#left--
    const place = task.getStack().at(-1)
    return place === undefined ? '' : `${place.name}() ${formatLocation(place)}`.slice(0, MAX_NAME)
  }
}

function isTask(ready: object): ready is Task {
  return 'getCoro' in ready
}
