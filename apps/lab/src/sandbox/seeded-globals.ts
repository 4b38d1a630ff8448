// Replaces globals of the host that differ from run to run by versions that are the same in each run. Their names are
// parameters of the function that wraps the program, so nothing outside it changes.

export interface LabTime {
  time(): number
  callLater(delay: number, callback: () => void): { cancel(): void }
}

const EPOCH = Date.UTC(2026, 0, 1)

export function seededGlobals(seed: number, loop: () => LabTime): Record<string, unknown> {
  const random = mulberry32(seed)
  const now = (): number => EPOCH + loop().time()
  class LabDate extends Date {
    constructor(...args: readonly [] | ConstructorParameters<DateConstructor>) {
      if (args.length === 0) super(now())
      else super(...(args as [number]))
    }
    static override now(): number {
      return now()
    }
  }
  const timers = new Map<number, { cancel(): void }>()
  let lastTimer = 0
  const setTimer =
    (repeat: boolean) =>
    (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) => {
      const id = ++lastTimer
      const arm = (): void => {
        const fire = (): void => {
          if (repeat) arm()
          else timers.delete(id)
          callback(...args)
        }
        timers.set(id, loop().callLater(Math.max(repeat ? 1 : 0, Number(delay) || 0), fire))
      }
      arm()
      return id
    }
  const clear = (id: number): void => {
    timers.get(id)?.cancel()
    timers.delete(id)
  }
  return {
    Math: Object.create(Math, { random: { value: random } }),
    Date: LabDate,
    performance: { now: () => loop().time(), timeOrigin: EPOCH },
    crypto: { getRandomValues: (array: Uint8Array) => fill(array, random), randomUUID: () => uuid(random) },
    setTimeout: setTimer(false),
    setInterval: setTimer(true),
    clearTimeout: clear,
    clearInterval: clear,
  }
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function fill<A extends ArrayBufferView>(array: A, random: () => number): A {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  for (let n = 0; n < bytes.length; n++) bytes[n] = Math.floor(random() * 256)
  return array
}

function uuid(random: () => number): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}
