// For speed, some coroutines are objects rather than generators: `sleep(…)`, `lock.acquire()`, `reader.read()`. A brand
// marks such objects, and every copy of this package recognises it.

import { inspectSymbol } from '../inspect/repr.ts'
import { type Awaitable, type Coroutine, Suspension } from './awaitable.ts'

export const coroutineBrand: unique symbol = Symbol.for('spindle.coroutine') as never

/** `'once'`: it can be awaited once. `'shared'`: one object serves many calls, and each `yield*` is another wait. */
export type CoroutineBrand = 'once' | 'shared'

/** An object with the brand. Its name is that of the coroutine function, such as `Lock.acquire`. */
export interface BrandedCoroutine extends Awaitable<unknown> {
  readonly [coroutineBrand]: CoroutineBrand
  readonly name?: string | undefined
  /** Whether a Task that is cancelled before its first step takes that step, so that it can clean up. */
  readonly ownsSource?: boolean
  /** Called when a Task is made of it. The Task may be cancelled before it starts. */
  adopted?(): void
}

export function isCoroutineObject(value: unknown): value is BrandedCoroutine {
  return typeof value === 'object' && value !== null && coroutineBrand in value
}

/** The members of all coroutines that are not generators. `yield*` asks for an iterator. */
export abstract class CoroutineObject<out T> implements Awaitable<T> {
  abstract get name(): string

  abstract [Symbol.iterator](): Iterator<Suspension, T, unknown>

  /** @internal */
  get [coroutineBrand](): CoroutineBrand {
    return 'once'
  }

  // biome-ignore lint/suspicious/noThenProperty: `await` gets an error instead of going on at once
  get then(): ((onFulfilled: unknown, onRejected: (reason: TypeError) => void) => void) | undefined {
    const hint =
      'Write `yield*` instead of `await`, or `return yield*`, in a `function*`; from async code `await run(…)`'
    return (_, onRejected) => onRejected(new TypeError(`${this} is not a promise. ${hint}`))
  }

  /**
   * For `using _ = lock.acquire()`, which compiles because TypeScript considers generators Disposables. A getter,
   * because `using` reads it at its declaration, rather than at the end of its block.
   */
  get [Symbol.dispose](): never {
    throw new TypeError(`did you forget \`yield*\`? ${this} must be awaited first: \`using _ = yield* …\``)
  }

  /** For a signature that promises a coroutine: the object can do everything that awaiting it or a Task needs. */
  asCoroutine(): Coroutine<T> {
    return this as unknown as Coroutine<T>
  }

  toString(): string {
    return `<coroutine object ${this.name}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

/** A coroutine that is its own iterator, and its own Suspension. A generator would take 2.5 times the memory. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: it has the members of both, but a class extends only one
export abstract class SuspendedCoroutine<T> extends Suspension<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this
  }
}

export interface SuspendedCoroutine<T> extends CoroutineObject<T> {}

const { constructor: _, ...members } = Object.getOwnPropertyDescriptors(CoroutineObject.prototype)
Object.defineProperties(SuspendedCoroutine.prototype, members)
