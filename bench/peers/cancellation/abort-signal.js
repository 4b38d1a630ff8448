import { setTimeout as sleep } from 'node:timers/promises'

/** @type {Record<string, (log: (what: string) => void) => Promise<void>>} */
export const variants = { 'try/finally, and the signal passed on': main }

/** @param {(what: string) => void} log */
async function main(log) {
  const controller = new AbortController()
  const ended = outer(log, controller.signal).catch(() => {})
  await sleep(20)
  controller.abort()
  await ended
}

/**
 * @param {(what: string) => void} log
 * @param {AbortSignal} signal
 */
async function outer(log, signal) {
  await inner(log, signal)
  log('ran on')
}

/**
 * @param {(what: string) => void} log
 * @param {AbortSignal} signal
 */
async function inner(log, signal) {
  try {
    await sleep(1000, undefined, { signal })
  } finally {
    log('clean-up begins')
    await sleep(10)
    log('clean-up waited')
    await sleep(10)
    log('clean-up ends')
  }
}
