import { type Coroutine, Event, RuntimeError } from 'spindle'
import { repr } from 'spindle/internal'

/**
 * Runs blocks of several Tasks in a given order: 0, 1, 2, … Trio: `trio.testing.Sequencer`.
 *
 * @example
 * ```ts
 * const sequencer = new Sequencer()
 * function* first(): Coroutine<void> {
 *   { using _ = yield* sequencer.at(0); console.log('first') }
 *   { using _ = yield* sequencer.at(2); console.log('third') }
 * }
 * function* second(): Coroutine<void> {
 *   using _ = yield* sequencer.at(1)
 *   console.log('second')
 * }
 * await inVirtualTime(function* () { yield* gather([second(), first()]) })()
 * // prints: first
 * // prints: second
 * // prints: third
 * ```
 */
export class Sequencer {
  readonly #claimed = new Set<number>()
  readonly #turns = new Map<number, Event>()
  #broken = false;

  /**
   * Waits until the previous block has ended, and returns a guard that ends this one:
   * `using _ = yield* sequencer.at(1)`. If the caller is cancelled while waiting, the sequence is broken, as its block
   * will never run.
   * @throws RangeError if the position is not an integer >= 0; RuntimeError if it was used before, or if the sequence
   * is broken
   */
  *at(position: number): Coroutine<Disposable> {
    if (!(Number.isInteger(position) && position >= 0)) {
      throw new RangeError(`position must be an integer >= 0, got ${repr(position)}`)
    }
    if (this.#claimed.has(position)) throw new RuntimeError(`position ${position} of the Sequencer was used before`)
    if (this.#broken) throw brokenError(position)
    this.#claimed.add(position)
    if (position > 0) {
      try {
        yield* this.#turn(position).wait()
      } catch (error) {
        this.#break()
        throw error
      }
      if (this.#broken) throw brokenError(position)
    }
    return { [Symbol.dispose]: () => this.#turn(position + 1).set() }
  }

  #turn(position: number): Event {
    const known = this.#turns.get(position)
    if (known !== undefined) return known
    const turn = new Event()
    this.#turns.set(position, turn)
    return turn
  }

  #break(): void {
    this.#broken = true
    for (const turn of this.#turns.values()) turn.set()
  }
}

function brokenError(position: number): RuntimeError {
  return new RuntimeError(
    `the Sequencer is broken: a Task was cancelled while it waited for its turn, so position ${position} is never reached`,
  )
}
