// Functions that need nothing of Spindle: a thread or process that calls only these starts in half the time.

export function add(a: number, b = 1): number {
  return a + b
}

export function divide(a: number, b: number): number {
  if (b === 0) throw new RangeError('division by zero')
  return a / b
}

export function multiply(a: number, b: number): number {
  return a * b
}

export async function later<T>(ms: number, value: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return value
}

export function pid(): number {
  return process.pid
}

export function commandLine(): readonly string[] {
  return process.argv.slice(2)
}

export function killOneself(): void {
  process.kill(process.pid, 'SIGKILL')
}

export function identity<T>(value: T): T {
  return value
}

export function givesFunction(): () => void {
  return () => {}
}

export function neverSettles(): Promise<void> {
  return new Promise(() => {})
}

export function computesForEver(): void {
  for (;;);
}

/** Never returns, like `computesForEver()`, but takes no CPU time. */
export function blocksForEver(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** Sends a foreign message over the channel of the process. */
export async function sendsToParent<T>(message: unknown, result: T): Promise<T> {
  await new Promise((resolve) => process.send?.(message, resolve))
  return result
}

export const leave = (code: number): never => process.exit(code)

let prepared = 'not prepared'
export function prepare(value: string): void {
  prepared = value
}

export function whatIsPrepared(): string {
  return prepared
}

export function failsToPrepare(): never {
  throw new RangeError('not today')
}

export function* upTo(limit: number): Generator<number> {
  for (let n = 0; n < limit; n++) yield n
}

export async function* upToLater(limit: number): AsyncGenerator<number> {
  for (let n = 0; n < limit; n++) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield n
  }
}

export function* failsAt(limit: number): Generator<number> {
  yield* upTo(limit)
  throw new RangeError('no more')
}

export function* yieldsFunctions(): Generator<() => void> {
  yield () => {}
}

export function print(text: string): void {
  process.stdout.write(text)
  process.stderr.write(text.toUpperCase())
}

export function removesListeners(): void {
  process.removeAllListeners()
}

/** From now on each object of this worker looks like a promise that never settles well. */
export function makesObjectsThenable(): void {
  Object.defineProperty(Object.prototype, 'then', {
    value: () => {
      throw new RangeError('no object works here')
    },
  })
}
