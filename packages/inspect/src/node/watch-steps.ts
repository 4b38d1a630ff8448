import { rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { EventLoop, LoopEventMap, LoopTask } from '@spindle/loop'
import { formatLocation } from '@spindle/loop/internal'
import { idOf } from './snapshot.ts'
import { now, StepCell } from './step-cell.ts'

// Reading the line of a Task takes 0.2 ms: at most so many at once, and one for each so many ms.
const MAX_LINES = 50
const MS_PER_LINE = 20
const MAX_NAME = 500

/** Writes the steps of Tasks to shared memory, from which a helper thread answers while this thread blocks. */
export class StepWatch implements Disposable {
  readonly #cell = new StepCell()
  readonly #path: string
  readonly #worker: Worker | undefined
  readonly #lines = new WeakMap<LoopTask, string>()
  #left = MAX_LINES
  #refilled = now()

  /** @param path the socket on which the helper thread answers */
  constructor(path: string) {
    this.#path = path
    this.#cell.write({ since: now(), tasks: 0, task: undefined })
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

  /** Returns a function that ends it. */
  watch(loop: EventLoop, countTasks: () => number): () => void {
    const begins = ({ task }: LoopEventMap['task:step']): void =>
      this.#cell.write({ since: now(), tasks: countTasks(), task: this.#describe(task) })
    const ends = (): void => this.#cell.write({ since: now(), tasks: countTasks(), task: undefined })
    loop.events.on('task:step', begins)
    loop.events.on('task:suspended', ends)
    loop.events.on('task:done', ends)
    return () => {
      loop.events.off('task:step', begins)
      loop.events.off('task:suspended', ends)
      loop.events.off('task:done', ends)
    }
  }

  [Symbol.dispose](): void {
    this.removeSocket()
    void this.#worker?.terminate()
  }

  removeSocket(): void {
    rmSync(this.#path, { force: true })
  }

  #describe(task: LoopTask): { id: number; name: string; at: string } {
    const time = now()
    const more = Math.floor((time - this.#refilled) / MS_PER_LINE)
    if (more > 0) {
      this.#left = Math.min(MAX_LINES, this.#left + more)
      this.#refilled = time
    }
    if (this.#left > 0) {
      this.#left--
      const place = task.getStack().at(-1)
      if (place !== undefined) this.#lines.set(task, `${place.name}() ${formatLocation(place)}`.slice(0, MAX_NAME))
    }
    return { id: idOf(task), name: task.getName().slice(0, MAX_NAME), at: this.#lines.get(task) ?? '' }
  }
}
