import { allTasks, type Coroutine, type EventLoop, type ExceptionContext, newEventLoop, Runner } from 'spindle'
import { ambient, explain, recordCreation } from 'spindle/internal'
import type { AbortSignalLike } from 'spindle/types'
import { type AllowedLeaks, LeakWatch } from './leak-watch.ts'
import { TestClock } from './test-clock.ts'

export { isCoroutine } from 'spindle'

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
