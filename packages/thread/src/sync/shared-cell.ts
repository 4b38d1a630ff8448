import { repr } from '@spindle/loop/internal'
import { registerCodec } from '../transport/serialize.ts'
import { SharedObject } from './shared-object.ts'

/** The types of a SharedCell, and their types in JavaScript. */
export interface CellTypes {
  readonly boolean: boolean
  readonly int32: number
  readonly float64: number
  readonly bigint64: bigint
}

interface CellRecord {
  readonly type: keyof CellTypes
  readonly cell: Int32Array
}

/**
 * One value in shared memory, that threads read and change: each change is seen by all at once, and none is lost.
 * Python: `multiprocessing.Value`.
 *
 * @example
 * ```ts
 * const counter = new SharedCell('int32', 40)
 * counter.add(2)
 * console.log(counter.value, counter.update((n) => n * 2)) // prints: 42 84
 * ```
 */
export class SharedCell<K extends keyof CellTypes = keyof CellTypes> extends SharedObject {
  static {
    registerCodec<SharedCell, CellRecord>(SharedCell, {
      name: 'SharedCell',
      pack: ({ type, cell }) => ({ type, cell }),
      unpack: ({ type, cell }) => {
        const unpacked = new SharedCell(type, INITIAL[type])
        unpacked.cell = cell
        unpacked.#bits = bitsIn(cell)
        return unpacked
      },
    })
  }

  /** The type of the value. */
  readonly type: K
  #bits: BigInt64Array = bitsIn(this.cell)

  /** @throws TypeError if `value` is not of that type */
  constructor(type: K, value: CellTypes[K]) {
    super(3)
    if (!Object.hasOwn(INITIAL, type)) throw new TypeError(`a SharedCell holds no ${repr(type)}`)
    this.type = type
    this.value = value
  }

  /** The value now. */
  get value(): CellTypes[K] {
    return fromBits(this.type, Atomics.load(this.#bits, 0)) as CellTypes[K]
  }

  /** @throws TypeError if the value is not of the cell's type */
  set value(value: CellTypes[K]) {
    Atomics.store(this.#bits, 0, toBits(this.type, value))
  }

  /** Adds to a number, and returns the sum. Other threads may do so at the same time. */
  add(this: SharedCell<K & ('int32' | 'float64' | 'bigint64')>, amount: CellTypes[K]): CellTypes[K] {
    return this.update((value) => ((value as number) + (amount as number)) as never) as CellTypes[K]
  }

  /**
   * Sets the value to `change(value)`, and returns it. `change` is called again if another thread was quicker, so it
   * should only compute.
   */
  update(change: (value: CellTypes[K]) => CellTypes[K]): CellTypes[K] {
    for (;;) {
      const before = Atomics.load(this.#bits, 0)
      const bits = toBits(this.type, change(fromBits(this.type, before) as CellTypes[K]))
      if (Atomics.compareExchange(this.#bits, 0, before, bits) === before) return fromBits(this.type, bits) as never
    }
  }

  /** Sets the value if it is `expected`. Returns whether it was. */
  compareAndSet(expected: CellTypes[K], value: CellTypes[K]): boolean {
    const before = toBits(this.type, expected)
    return Atomics.compareExchange(this.#bits, 0, before, toBits(this.type, value)) === before
  }

  /** `<SharedCell(int32, 42) at 0x7f0000000010>` */
  override toString(): string {
    return `<${this.constructor.name}(${this.type}, ${repr(this.value)}) at ${this.address}>`
  }
}

/** The value, after the identity. */
function bitsIn(cell: Int32Array): BigInt64Array {
  return new BigInt64Array(cell.buffer, 8, 1)
}

const INITIAL: CellTypes = { boolean: false, int32: 0, float64: 0, bigint64: 0n }

const converter = new DataView(new ArrayBuffer(8))

function toBits(type: keyof CellTypes, value: unknown): bigint {
  if (typeof value !== typeof INITIAL[type]) throw new TypeError(`a SharedCell of ${type} can't hold ${repr(value)}`)
  if (type === 'float64') {
    converter.setFloat64(0, value as number)
    return converter.getBigInt64(0)
  }
  if (type === 'int32') return BigInt((value as number) | 0)
  return BigInt.asIntN(64, BigInt(value as bigint | boolean))
}

function fromBits(type: keyof CellTypes, bits: bigint): unknown {
  if (type === 'bigint64') return bits
  if (type === 'boolean') return bits !== 0n
  if (type === 'int32') return Number(bits)
  converter.setBigInt64(0, bits)
  return converter.getFloat64(0)
}
