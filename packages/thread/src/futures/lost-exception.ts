// The exception of a call that nothing has asked for is printed once: when its Future is collected, or when the thread
// ends. This record must not keep the Future alive.

const collected = new FinalizationRegistry<LostException>((lost) => lost.report())
let left: Set<LostException> | undefined // those to print when this thread ends

export class LostException {
  readonly #name: string
  readonly #exception: unknown

  constructor(future: object, name: string, exception: unknown) {
    this.#name = name
    this.#exception = exception
    collected.register(future, this, this)
    left ??= reportedAtExit()
    left.add(this)
  }

  /** It was asked for. */
  dismiss(): void {
    collected.unregister(this)
    left?.delete(this)
  }

  report(): void {
    if (left?.delete(this))
      console.error(`Exception of a call of ${this.#name}() was never retrieved\n`, this.#exception)
  }
}

function reportedAtExit(): Set<LostException> {
  const lost = new Set<LostException>()
  process.on('exit', () => {
    for (const exception of lost) exception.report()
  })
  return lost
}
