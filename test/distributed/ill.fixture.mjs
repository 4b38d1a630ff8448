// A module that cannot be loaded on a thread while a file is there; its coroutine breaks the process it runs in.

import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const { SPINDLE_AWAY = '' } = process.env
if (!isMainThread && existsSync(SPINDLE_AWAY)) throw new Error('the database is away')

export function query(n) {
  return n + 1
}

export function* breakMath() {
  Math.cbrt = () => {
    throw new TypeError('broken')
  }
  yield
}

export function* cube(n) {
  yield
  return Math.cbrt(n)
}

/** Throws as on a full disk, while the file is there. */
export function* save(n) {
  yield
  if (existsSync(SPINDLE_AWAY)) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  return n
}
