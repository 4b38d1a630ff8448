export function add(a: number, b: number): number {
  return JSON.parse(JSON.stringify(a)) + b
}

/** Breaks the worker for all calls after it. */
export function breakJson(): void {
  JSON.parse = () => {
    throw new TypeError('broken')
  }
}

let pause = 2
let hasFilesLeft = true

/** From now on, `read` takes 100 times as long in this worker. */
export function slowDown(): void {
  pause = 200
}

/** Leaves so many files open that `read` can open no more in this worker. */
export function leaveFilesOpen(): void {
  hasFilesLeft = false
}

export async function read(n: number): Promise<{ n: number; isSlow: boolean }> {
  await new Promise((resolve) => setTimeout(resolve, pause))
  if (!hasFilesLeft) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  return { n, isSlow: pause > 2 }
}

export async function waits(ms: number): Promise<number> {
  return await new Promise((resolve) => setTimeout(resolve, ms, ms))
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
