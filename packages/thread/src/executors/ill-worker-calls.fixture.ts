export function add(a: number, b: number): number {
  return JSON.parse(JSON.stringify(a)) + b
}

/** Breaks the worker for all calls after it. */
export function breakJson(): void {
  JSON.parse = () => {
    throw new TypeError('broken')
  }
}

export function changeWithoutHarm(): void {
  Reflect.set(globalThis, 'ownGlobal', () => 1)
}

export function fail(): never {
  throw new RangeError('no')
}

export async function failWithOthers(log: Int32Array): Promise<void> {
  Atomics.add(log, 0, 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  Atomics.add(log, 1, 1)
}
