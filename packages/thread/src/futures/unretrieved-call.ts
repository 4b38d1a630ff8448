// Prints the exception of a call that is never retrieved: when its Future is collected, or when the thread ends.

import { printable } from '@spindle/loop/internal'

const collected = new FinalizationRegistry<UnretrievedCall>((exception) => exception.report())
const pending = new Set<UnretrievedCall>() // printed when this thread ends
let isWatching = false

/** Must not keep the Future alive. */
export class UnretrievedCall {
  readonly #name: string
  readonly #exception: unknown

  constructor(future: object, name: string, exception: unknown) {
    this.#name = name
    this.#exception = exception
    collected.register(future, this, this)
    if (!isWatching) process.on('exit', () => void [...pending].map((exception) => exception.report()))
    isWatching = true
    pending.add(this)
  }

  /** It was retrieved. */
  dismiss(): void {
    collected.unregister(this)
    pending.delete(this)
  }

  report(): void {
    if (pending.delete(this))
      console.error(`Exception of a call of ${printable(this.#name)}() was never retrieved\n`, this.#exception)
  }
}
