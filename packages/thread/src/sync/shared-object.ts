import { formatIdentity, newIdentity, printAsText } from '../shared-memory/identity.ts'
import type { TimeoutOptions } from '../shared-memory/timeouts.ts'
import { registerCodec, type Transferable } from '../transport/serialize.ts'

const IDENTITY = 0

/** An object whose state is in shared memory. Each thread has an instance of its class, with the same cell. */
export abstract class SharedObject {
  static {
    printAsText(SharedObject)
  }

  /** The identity, and the fields of the class from index 1 on. @internal */
  protected cell: Int32Array

  /** @internal */
  constructor(fields: number) {
    this.cell = new Int32Array(new SharedArrayBuffer(4 * (1 + fields)))
    this.cell[IDENTITY] = newIdentity()
  }

  /** Names a class, and lets its objects travel as their cells, and what `more` returns. @internal */
  protected static share<T extends SharedObject, More = undefined>(
    type: { readonly prototype: T },
    name: string,
    make: (cell: Int32Array, more: More) => T,
    more?: (object: T, transfer: Transferable[]) => More,
  ): void {
    Object.defineProperty(type, 'className', { value: name, writable: true }) // a subclass has another
    registerCodec<T, { readonly cell: Int32Array; readonly more: More }>(type, {
      name,
      pack: (object, transfer) => ({ cell: object.cell, more: more?.(object, transfer) as More }),
      unpack: (packed) => {
        const object = make(packed.cell, packed.more)
        object.cell = packed.cell
        return object
      },
    })
  }

  /** As Python prints an address. @internal */
  protected get address(): string {
    return formatIdentity(Atomics.load(this.cell, IDENTITY))
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
