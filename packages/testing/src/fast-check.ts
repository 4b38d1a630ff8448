// Schedules for fast-check: a property has inputs and a schedule, and both shrink together.

import fc from 'fast-check'
import { type Awaitable, RuntimeError } from 'spindle'
import { ExplorationError } from './explore/exploration-error.ts'
import { type ChosenSchedule, type ExploreOptions, exploreChosen } from './explore/explore.ts'

/** Options of `schedules()`. */
export interface SchedulesOptions {
  /** The maximum number of cancelled Tasks. @default 1 */
  readonly maxCancels?: number | undefined
  /** The maximum number of other choices that may differ from the ordinary run. @default 50 */
  readonly maxChances?: number | undefined
}

/** Options that `schedule.run()` does not take, because fast-check chooses the schedule. */
export type ScheduledOptions<S, T> = Omit<ExploreOptions<S, T>, 'runs' | 'seed' | 'replay'>

/** A schedule that fast-check generates and shrinks. */
export interface Schedule {
  /**
   * Runs a program under the ordinary schedule, and under this one. Takes the options of `explore`, with the same
   * meaning of `cancel` and `late`, and `order: 'any'`.
   * @throws ExplorationError if either fails
   */
  run<T, S = undefined>(program: (given: S) => Awaitable<T>, options?: ScheduledOptions<S, T>): Promise<void>
  /** The schedule as text, after it has failed; `fc.assert` prints it. */
  toString(): string
}

/**
 * An arbitrary of schedules: which Tasks are cancelled, how late the loop is, what `duration()` and simulated streams
 * do, and the order of ready Tasks. It shrinks to the ordinary schedule. A property that fails is printed with shrunk
 * inputs and a shrunk schedule.
 *
 * @example
 * ```ts
 * import { schedules } from '@spindle/testing/fast-check'
 * import fc from 'fast-check'
 * import { gather, sleep } from 'spindle'
 *
 * const property = fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1 }), schedules(), async (delays, schedule) => {
 *   await schedule.run(() => gather(delays.map((delay) => sleep(delay))))
 * })
 * await fc.assert(property, { numRuns: 20 })
 * ```
 */
export function schedules({ maxCancels = 1, maxChances = 50 }: SchedulesOptions = {}): fc.Arbitrary<Schedule> {
  return fc
    .record({
      cancels: fc.array(fc.record({ task: fc.nat(MAX_TASK), moment: fc.nat(MAX_MOMENT) }), { maxLength: maxCancels }),
      chances: fc.array(fc.nat(RESOLUTION - 1), { maxLength: maxChances }),
    })
    .map(({ cancels, chances }) => new ChosenByFastCheck({ cancels, chances: chances.map((n) => n / RESOLUTION) }))
}

const MAX_TASK = 50
const MAX_MOMENT = 200
const RESOLUTION = 2 ** 10

class ChosenByFastCheck implements Schedule {
  readonly #chosen: ChosenSchedule
  #replay: string | undefined

  constructor(chosen: ChosenSchedule) {
    this.#chosen = chosen
  }

  async run<T, S>(program: (given: S) => Awaitable<T>, options: ScheduledOptions<S, T> = {}): Promise<void> {
    for (const name of ['runs', 'seed', 'replay']) {
      if (name in options) throw new RuntimeError(`schedule.run() has no option \`${name}\`: fast-check decides that`)
    }
    try {
      await exploreChosen(program, options, this.#chosen)
    } catch (error) {
      if (error instanceof ExplorationError) this.#replay = error.replay
      throw error
    }
  }

  toString(): string {
    if (this.#replay === undefined) {
      const { cancels, chances } = this.#chosen
      return `<Schedule of ${cancels.length} cancellations and ${chances.length} chances>`
    }
    return this.#replay === '' ? '<the ordinary Schedule>' : `<Schedule ${this.#replay}>`
  }

  /** For `fc.assert`. @internal */
  [fc.toStringMethod](): string {
    return this.toString()
  }
}
