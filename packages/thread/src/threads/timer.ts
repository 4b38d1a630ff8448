import { repr } from '@spindle/loop/internal'
import { checkedTimeout } from '../shared-memory/timeouts.ts'
import { Event } from '../sync/event.ts'
import { awaitResult } from '../transport/await-result.ts'
import { type AnyFunction, type FunctionReference, toReference } from '../transport/function-reference.ts'
import { importFunction } from '../transport/import-function.ts'
import { ownFunction } from '../transport/own-functions.ts'
import { type SentFor, Thread } from './thread.ts'

/**
 * A thread that calls a function after some time, unless it is cancelled before. Python: `threading.Timer`.
 *
 * @example
 * ```ts no-run
 * import { isMain, Timer } from 'spindle/thread'
 *
 * export function remind(what: string): void {
 *   console.log(what)
 * }
 *
 * if (isMain(import.meta)) new Timer(1000, remind, ['time is up']).start()
 * ```
 */
export class Timer<F extends AnyFunction = AnyFunction> extends Thread<typeof runTimer> {
  /** @internal */
  static override readonly className: string = 'Timer'

  readonly #finished: Event

  /**
   * @param interval in ms, from `start` on
   * @param fn an exported function; see `Thread`
   * @throws TypeError if another thread could not find it
   */
  constructor(interval: number, fn: F, args?: SentFor<Parameters<F>>) {
    const finished = new Event()
    checkedTimeout(interval, 'interval')
    if (typeof fn !== 'function') throw new TypeError(`fn must be a function, got ${repr(fn)}`)
    if (args !== undefined && !Array.isArray(args)) throw new TypeError(`args must be an array, got ${repr(args)}`)
    super({
      target: runTimer,
      args: [interval, finished, toReference(fn), args ?? []],
      name: `Timer-${++count}${fn.name && ` (${fn.name})`}`,
    })
    this.#finished = finished
  }

  /** Ends it without calling the function. No-op if the function was called. Python: `Timer.cancel`. */
  cancel(): void {
    this.#finished.set()
  }
}

let count = 0

/** The target of the thread of a Timer. */
export async function runTimer(
  interval: number,
  finished: Event,
  reference: FunctionReference,
  args: readonly unknown[],
): Promise<void> {
  if (finished.wait({ timeout: interval })) return
  const fn = await importFunction(reference)
  await awaitResult(fn(...args))
  finished.set()
}

ownFunction(import.meta, 'runTimer', runTimer)
