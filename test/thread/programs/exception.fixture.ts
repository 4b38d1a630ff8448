// Exceptions of threads: at once, in target, later in a callback, in a promise, with a cause. The program continues.
import { Thread } from 'spindle/thread'

export function throwsError(): void {
  console.log('before')
  throw new Error('boom', { cause: new TypeError('deep') })
}
export function throwsUndefined(): void {
  throw undefined
}
export async function rejects(): Promise<void> {
  throw new RangeError('rejected')
}
export async function throwsInCallback(): Promise<void> {
  setTimeout(() => {
    throw new Error('in a callback')
  }, 1)
  await new Promise(() => setInterval(() => {}, 1000))
}
export async function looksAfterItself(): Promise<void> {
  process.on('uncaughtException', (error) => console.log(`caught ${(error as Error).message}`))
  setTimeout(() => {
    throw new Error('mine')
  }, 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
}

export function show(): void {
  for (const target of [throwsError, throwsUndefined, rejects, throwsInCallback, looksAfterItself]) {
    const thread = new Thread({ target })
    thread.start()
    thread.join()
    console.log(`${thread}`.replace(/\d+\)>$/, 'N)>'))
  }
}
