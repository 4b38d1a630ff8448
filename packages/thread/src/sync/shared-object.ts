import { inspectSymbol } from '@spindle/loop/internal'
import { formatIdentity, newIdentity } from '../shared-memory/identity.ts'
import type { TimeoutOptions } from '../shared-memory/timeouts.ts'
import { registerCodec } from '../transport/serialize.ts'

const IDENTITY = 0

/** An object whose state is in shared memory. Each thread has an instance of its class, with the same cell. */
export abstract class SharedObject {
  /** The identity, and the fields of the class from index 1 on. @internal */
  protected cell: Int32Array

  /** @internal */
  constructor(fields: number) {
    this.cell = new Int32Array(new SharedArrayBuffer(4 * (1 + fields)))
    this.cell[IDENTITY] = newIdentity()
  }

  /** Lets the objects of a class travel as their cells. @internal */
  protected static share<T extends SharedObject>(
    type: { readonly prototype: T },
    name: string,
    make: (cell: Int32Array) => T,
  ): void {
    const unpack = (cell: Int32Array): T => {
      const object = make(cell)
      object.cell = cell
      return object
    }
    registerCodec<T, Int32Array>(type, { name, pack: (object) => object.cell, unpack })
  }

  /** As Python prints an address. @internal */
  protected get address(): string {
    return formatIdentity(Atomics.load(this.cell, IDENTITY))
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }
}

/** A shared object that a thread acquires and releases. */
export abstract class Holdable extends SharedObject {
  abstract acquire(options?: TimeoutOptions): boolean
  abstract release(): void

  /** Acquires it, and releases it at the end of the block: `using _ = lock.hold()`. Python: `with lock`. */
  hold(): Disposable {
    this.acquire()
    return { [Symbol.dispose]: () => this.release() }
  }
}
