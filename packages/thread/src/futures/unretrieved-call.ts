// Prints the exception of a call that is never retrieved: when its Future is collected, or when the thread ends.

const collected = new FinalizationRegistry<UnretrievedCall>((exception) => exception.report())
let pending: Set<UnretrievedCall> | undefined // printed when this thread ends

/** Must not keep the Future alive. */
export class UnretrievedCall {
  readonly #name: string
  readonly #exception: unknown

  constructor(future: object, name: string, exception: unknown) {
    this.#name = name
    this.#exception = exception
    collected.register(future, this, this)
    pending ??= reportedAtExit()
    pending.add(this)
  }

  /** It was retrieved. */
  dismiss(): void {
    collected.unregister(this)
    pending?.delete(this)
  }

  report(): void {
    if (pending?.delete(this))
      console.error(`Exception of a call of ${this.#name}() was never retrieved\n`, this.#exception)
  }
}

function reportedAtExit(): Set<UnretrievedCall> {
  const exceptions = new Set<UnretrievedCall>()
  process.on('exit', () => {
    for (const exception of exceptions) exception.report()
  })
  return exceptions
}
