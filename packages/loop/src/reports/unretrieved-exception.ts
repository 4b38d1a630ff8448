// An exception that is never retrieved is reported exactly once: when its Future is collected, when the loop closes, or
// one turn later: in debug mode, and on the host loop if nothing waited for the Future. This record must not keep the
// Future alive.

import type { Future } from '../futures/future.ts'
import { repr } from '../inspect/repr.ts'

const collected = new FinalizationRegistry<UnretrievedException>((exception) => exception.report())

export interface Unretrieved {
  report(): void
}

export function reportUnretrieved({ unretrieved }: { readonly unretrieved: ReadonlySet<Unretrieved> }): void {
  for (const exception of [...unretrieved]) exception.report()
}

export class UnretrievedException implements Unretrieved {
  readonly exception: unknown
  readonly #loop: ReturnType<Future['getLoop']>
  readonly #kind: string
  readonly #describe: () => string
  readonly #created: string | undefined

  /** @param isAwaited whether something waits for the Future, and may ask for its exception later */
  constructor(future: Future, exception: unknown, isAwaited: boolean) {
    this.exception = exception
    this.#loop = future.getLoop()
    this.#kind = future.reprName
    this.#describe = future.describeForReport()
    this.#created = this.#loop.parts.tools?.creationStack.of(future)
    collected.register(future, this, this)
    this.#loop.unretrieved.add(this)
    if (!isAwaited) this.#loop.driver?.permanent?.noteUnretrieved(this)
  }

  dismiss(): void {
    collected.unregister(this)
    this.#loop.unretrieved.delete(this)
  }

  report(): void {
    if (!this.#loop.unretrieved.delete(this)) return
    collected.unregister(this)
    this.#loop.callExceptionHandler({
      message: `${this.#kind} exception was never retrieved`,
      exception: this.exception,
      future: { toString: () => `<${this.#kind} finished ${this.#describe()}exception=${repr(this.exception)}>` },
      sourceTraceback: this.#created,
    })
  }
}
