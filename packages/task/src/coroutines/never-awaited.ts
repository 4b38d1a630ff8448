// A coroutine that is called and not awaited does nothing, in silence. Watching each one through the garbage collector costs
// 200 ns a call, so only the last one made is remembered; only if it has not been started by the time the next is made, or
// when the loop closes, does it get an entry of its own. What was made outside of all loops is reported when the program ends.

import type { EventLoop } from '@spindle/loop'
import { ambient, describeCallback, nameOf } from '@spindle/loop/internal'
import type { Frame } from './coroutine.ts'

let last: Frame | undefined
let lastLoop: EventLoop | undefined

const madeOutside = new Set<NeverAwaited>()
let watchesExit = false
const entries = new WeakMap<Frame, NeverAwaited>()
const collected = new FinalizationRegistry<NeverAwaited>((entry) => entry.report())

export const neverAwaited = {
  /** A coroutine was made: somebody should await it. */
  watch(frame: Frame): void {
    if (last !== undefined && !last.started) register(last, lastLoop)
    last = frame
    lastLoop = ambient.runningLoop
    if (lastLoop === undefined && !watchesExit) watchExit()
  },

  /** It was started. */
  dismiss(frame: Frame): void {
    if (last === frame) last = undefined
    else entries.get(frame)?.dismiss()
  },

  /** What was made in this loop, or outside of all, and not awaited until now never will be. */
  reportBeforeClose(loop: EventLoop | undefined): void {
    if (last === undefined || lastLoop !== loop || last.started) return
    register(last, loop)
    last = undefined
  },
}

function watchExit(): void {
  watchesExit = true
  if (typeof process === 'undefined' || typeof process.once !== 'function') return
  process.once('exit', () => {
    neverAwaited.reportBeforeClose(undefined)
    for (const entry of madeOutside) entry.report()
  })
}

function register(frame: Frame, loop: EventLoop | undefined): void {
  const entry = new NeverAwaited(frame.fn, loop)
  entries.set(frame, entry)
  collected.register(frame, entry, entry)
}

class NeverAwaited {
  readonly #fn: Frame['fn']
  readonly #loop: EventLoop | undefined
  readonly #pending: Set<{ report(): void }>

  constructor(fn: Frame['fn'], loop: EventLoop | undefined) {
    this.#fn = fn
    this.#loop = loop
    this.#pending = loop?.unretrieved ?? madeOutside
    this.#pending.add(this)
  }

  dismiss(): void {
    collected.unregister(this)
    this.#pending.delete(this)
  }

  report(): void {
    this.dismiss()
    const known = nameOf(this.#fn)
    const name = known || '<anonymous>'
    const call = known === '' ? '…' : `${name}(…)`
    const hint =
      this.#loop === undefined
        ? `\`await run(${call})\` to have it run`
        : `\`yield* ${call}\` to wait for it, or \`ensureFuture(${call})\` to have it run as a Task`
    const message = `coroutine '${name}' was never awaited. Write ${hint}\ndefined: ${describeCallback(this.#fn)}`
    if (this.#loop === undefined) console.error(message)
    else this.#loop.callExceptionHandler({ message })
  }
}

declare const console: { error(text: string): void }
declare const process: { once?(event: 'exit', listener: () => void): void } | undefined
