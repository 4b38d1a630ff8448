// A module that cannot be loaded on a thread while a file is there; an async function of it breaks the process.

import { existsSync, readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { type Coroutine, sleep } from 'spindle'

const { SPINDLE_AWAY = '' } = process.env
if (!isMainThread && existsSync(SPINDLE_AWAY)) throw new Error('the database is away')

export function query(n: number): number {
  return n + 1
}

/** Ends its thread. */
export function exit(): void {
  process.exit(3)
}

/** Takes 2 ms, or 200 while the file is there. */
export function* work(n: number): Coroutine<{ n: number; pid: number }> {
  yield* sleep(existsSync(SPINDLE_AWAY) ? 200 : 2)
  return { n, pid: process.pid }
}

export async function breakMath(): Promise<void> {
  Math.cbrt = () => {
    throw new TypeError('broken')
  }
}

export async function cube(n: number): Promise<number> {
  return Math.cbrt(n)
}

/** Throws an error with the code that is in the file, while it is there. */
export async function save(n: number): Promise<number> {
  if (!existsSync(SPINDLE_AWAY)) return n
  const code = readFileSync(SPINDLE_AWAY, 'utf8')
  throw Object.assign(new Error(`there is no more: ${code}`), { code })
}
