import { sleep } from '../index.ts'
import { unlock } from './mutex.ts'

/** Frees a mutex that another thread has taken. */
export function unlocksLater(cell: Int32Array, ms: number): void {
  sleep(ms)
  unlock(cell, 0)
}
