import {
  allTasks,
  type Coroutine,
  type EventLoop,
  type ExceptionContext,
  isFuture,
  newEventLoop,
  Runner,
  sleep,
} from 'spindle'
import { ambient, explain, recordCreation } from 'spindle/internal'
import type { AbortSignalLike } from 'spindle/types'
import { type AllowedLeaks, LeakWatch } from './leak-watch.ts'
import { TestClock } from './test-clock.ts'

export { isCoroutine } from 'spindle'

/**
 * Calls a function of a test. The coroutine that it returns passes through the promises that Vitest wraps around it.
 */
export async function callForCoroutine(call: () => unknown): Promise<unknown> {
  ambient.coroutineTakers++
  try {
    return await call()
  } finally {
    ambient.coroutineTakers--
  }
}

/**
 * Closes the host loop, if there is one, so that nothing continues during the next test.
 * @param limit how long Tasks may clean up, in ms
 * @returns the Tasks that were left, each as a string
 */
export async function endHostLoop(limit: number): Promise<string[]> {
  const { hostLoop } = ambient
  if (hostLoop === undefined) return []
  const { loop } = hostLoop
  if (!allTasks({ loop }).values().next().done) await loop.createTask(sleep(0)) // lets Tasks end that are about to
  const left = [...allTasks({ loop })].map(String)
  await hostLoop.close({ graceTime: 0, cleanUpLimit: limit })
  return left
}

/**
 * Whether two values are the same Future; undefined if they are not Futures. Without this, Vitest would compare Futures
 * by iterating over them.
 */
export function areSameFuture(a: unknown, b: unknown): boolean | undefined {
  return isFuture(a) || isFuture(b) ? Object.is(a, b) : undefined
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
   * @param time `real`: real time; `wait`: virtual time that stands still while something real is awaited
   * @param allow what the test may leave behind; undefined: anything
   * @param what what it is, in the message about what it leaves behind
   */
  constructor(main: Coroutine<T>, time: 'real' | 'virtual' | 'wait' = 'real', allow?: AllowedLeaks, what = 'the test') {
    this.#main = main
    this.#clock = time === 'real' ? undefined : new TestClock(time === 'wait')
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
