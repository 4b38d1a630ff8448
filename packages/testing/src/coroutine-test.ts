import {
  allTasks,
  type Coroutine,
  type EventLoop,
  type ExceptionContext,
  newEventLoop,
  Runner,
  type Task,
} from 'spindle'
import { ambient, explain, HostFuture, isError, recordCreation } from 'spindle/internal'
import { VirtualClock } from 'spindle/more'
import type { AbortSignalLike } from 'spindle/types'
import { type AllowedLeaks, LeakWatch } from './leak-watch.ts'
import { placeOfTask } from './own-frames.ts'

export { isCoroutine } from 'spindle/more'

const MAX_TASKS = 10

/**
 * Calls a function of a test. The coroutine that it returns passes through the promises that Vitest wraps around it.
 */
export async function callForCoroutine(call: () => unknown): Promise<unknown> {
  ambient.coroutineRunners++
  try {
    return await call()
  } finally {
    ambient.coroutineRunners--
  }
}

/**
 * A test whose body is a coroutine. It runs in its own loop; anything reported to the loop's exception handler fails
 * the test.
 */
export class CoroutineTest<T> {
  readonly #main: Coroutine<T>
  readonly #clock: TestClock | undefined
  readonly #loop: EventLoop

  readonly #allow: AllowedLeaks | undefined
  readonly #what: string

  /**
   * @param time whether time is real or virtual
   * @param allow the leaks that are allowed; undefined: all
   * @param what names the test in the message about its leaks
   */
  constructor(main: Coroutine<T>, time: 'real' | 'virtual' = 'real', allow?: AllowedLeaks, what = 'the test') {
    this.#main = main
    this.#clock = time === 'real' ? undefined : new TestClock()
    this.#allow = allow
    this.#what = what
    explain()
    this.#loop = newEventLoop({ clock: this.#clock })
    if (allow === undefined) return
    recordCreation(this.#loop, true)
  }

  async run(signal?: AbortSignalLike): Promise<T> {
    const reports: ExceptionContext[] = []
    this.#loop.setExceptionHandler((_loop, context) => reports.push(context))
    const runner = new Runner({ loopFactory: () => this.#loop })
    const leaks = this.#allow && new LeakWatch(this.#loop, this.#allow)
    let result: T
    try {
      result = await runner.run(this.#main, { signal })
      if (leaks !== undefined) await runner.run(leaks.settle())
      leaks?.check(this.#what)
    } catch (error) {
      this.#clock?.explain(error)
      throw error
    } finally {
      leaks?.end()
      await runner.close()
    }
    const first = reports.find((report) => leaks?.allows(report) !== true)
    if (first !== undefined) throw reportedError(first)
    return result
  }

  /** The Tasks that are not done, a line for each. */
  waiting(): string {
    return [...allTasks({ loop: this.#loop })].map((task) => `\n  ${task}`).join('')
  }
}

function reportedError({ message, exception, sourceTraceback }: ExceptionContext): Error {
  const [created] = sourceTraceback?.split('\n') ?? []
  const where = created === undefined ? '' : `\ncreated${created.replace(/^\s*/, ' ')}`
  return new Error(`reported to the exception handler: ${message}${where}`, { cause: exception })
}

/**
 * Virtual time that takes real work into account. Real work takes none, so every time limit expires before a promise
 * settles. The clock of a test records the places.
 */
class TestClock extends VirtualClock {
  #note: string | undefined

  /** @internal */
  mayJumpOver(waiting: EventLoop, when: number): boolean {
    this.#note ??=
      `Virtual time jumped from ${this.time()} to ${when} ms while something real was awaited, which takes none:` +
      `${waitersOf(waiting)}\nPut something in its place that sleeps, or let time be real: { realTime: true } of \`it\`, or run()`
    return true
  }

  /** Adds the likely cause to an error. */
  explain(error: unknown): void {
    if (this.#note === undefined || !isError(error) || Object.isFrozen(error)) return
    const { message, stack } = error
    error.message = `${message}\n${this.#note}`
    if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message)
  }
}

function waitersOf(loop: EventLoop): string {
  const tasks = [...loop.tasks]
  const waiting = tasks.filter(({ waitedFor }) => waitedFor instanceof HostFuture || waitedFor?.label === 'promise')
  return (waiting.length > 0 ? waiting : tasks)
    .slice(0, MAX_TASKS)
    .map((task) => `\n  ${describe(task)}`)
    .join('')
}

function describe(task: Task): string {
  const place = placeOfTask(task)
  return `${task.getName()}${place === undefined ? '' : ` at ${place}`} awaits a ${task.waitedFor?.label ?? 'Future'}`
}
