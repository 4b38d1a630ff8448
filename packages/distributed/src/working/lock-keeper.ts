// A worker renews its locks by itself while its loop runs. While a coroutine blocks the loop, this thread does, which
// runs no code of users: it finds the calls of the worker by the tokens of their locks.

import { writeSync } from 'node:fs'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { printable } from 'spindle/internal'
import { fromModule, Thread } from 'spindle/thread'
import { newClient } from '../redis/connect.ts'
import type { Connection } from '../redis/connection-options.ts'
import { BEAT_MS, Pulse } from '../redis/pulse.ts'
import { Scripts } from '../redis/scripts.ts'

// In the memory that both threads share: the run whose coroutine is on the stack, the beats of the loop, and whether it
// is written down why the worker dies.
const RUN = 0
const BEATS = 1
const TOLD = 2

const TOLD_WITHIN_MS = 1000
const YOUNG_MB = 4 // 48 by default
const BLOCKED_AFTER = 2 // looks without a beat in between; with one, a loop that is merely late would count as blocked

interface KeeperOptions extends Connection {
  readonly lock: number
  /** The beginning of the tokens of the worker's locks. */
  readonly worker: string
  readonly shared: Int32Array
  readonly port: MessagePort
}

/** The side of the worker. */
export class LockKeeper {
  /** Begins with the number of the run whose coroutine is on the stack, or 0. */
  readonly shared: Int32Array = new Int32Array(new SharedArrayBuffer(12))
  /** Resolves when the thread is connected. */
  readonly ready: Promise<unknown>
  readonly #port: MessagePort
  readonly #timer: NodeJS.Timeout

  constructor(options: Connection & Pick<KeeperOptions, 'lock'>, worker: string) {
    const { url, redis, queue, prefix, secret, connectTimeout, lock } = options // others can't cross to a thread
    const { port1, port2: port } = new MessageChannel()
    const { shared } = this
    new Thread({
      target: runLockKeeper,
      args: [{ url, redis, queue, prefix, secret, connectTimeout, lock, worker, shared, port }] as never,
      name: 'spindle-locks',
      daemon: true,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    }).startInternal('the options')
    this.#port = port1
    this.ready = new Promise((resolve) => port1.once('message', resolve))
    port1.unref()
    this.#timer = setInterval(() => Atomics.add(shared, BEATS, 1), eachMs(lock))
  }

  /** Writes the message down with each call of the worker: its last wait, because the process is about to end. */
  writeDown(message: string): void {
    this.#port.postMessage(message)
    Atomics.wait(this.shared, TOLD, 0, TOLD_WITHIN_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#port.close()
  }
}

/** Runs on the thread until the port is closed. */
export function runLockKeeper({ lock, worker, shared, port, ...to }: KeeperOptions): void {
  const redis = newClient(to, 'spindle-locks')
  redis.on('error', () => {}) // the worker reports its own
  const scripts = new Scripts(redis, `${to.prefix}:${to.queue}:`)
  const pulse = new Pulse(redis)
  setInterval(() => pulse.beat(), BEAT_MS)
  const each = eachMs(lock)
  let seen = 0
  let missed = 0 // looks: while the process was stopped, the loop was not blocked
  let isReported = false

  const keep = async (): Promise<void> => {
    const calls = await scripts.keepLocks(worker, lock)
    const ms = missed * each
    if (ms <= lock || isReported || calls.length === 0) return
    isReported = true
    const names = new Map(calls.map(([token, id, name]) => [runOf(token), `${name}() (${id})`]))
    const blocker = names.get(Atomics.load(shared, RUN)) ?? `one of ${[...names.values()].join(', ')}`
    const text = printable(`spindle-worker: ${blocker} blocks the loop, for ${ms} ms now. Its lock is kept.`, 1000)
    writeSync(2, `${text} ${ADVICE}\n`)
  }
  setInterval(() => {
    const beats = Atomics.load(shared, BEATS)
    missed = beats === seen ? missed + 1 : 0
    seen = beats
    if (missed >= BLOCKED_AFTER) return void keep().catch(() => {})
    if (isReported) writeSync(2, 'spindle-worker: the loop runs again\n')
    isReported = false
  }, each)

  port.on('message', async (message: string) => {
    const calls = await scripts.keepLocks(worker, lock).catch(() => [])
    await Promise.all(calls.map(([, id]) => redis.rpush(`${scripts.job(id)}:logs`, message))).catch(() => {})
    Atomics.store(shared, TOLD, 1)
    Atomics.notify(shared, TOLD)
  })
  redis.ping().then(
    () => port.postMessage('ready'),
    () => {}, // it is refused: the worker reports that
  )
  port.on('close', () => process.exit()) // ends only this thread
}

fromModule(import.meta, runLockKeeper)

/** The number of a run, by the token of its lock: no other run of the worker has that at the same time. */
export function runOf(token: string): number {
  return 1 + Number(token.slice(token.lastIndexOf(':') + 1))
}

function eachMs(lock: number): number {
  return Math.max(10, lock / 8)
}

const ADVICE =
  'A coroutine that computes yields now and then (`yield* sleep(0)`), one that waits for a Future writes ' +
  '`yield* future` instead of `future.result()`; a plain function runs on a thread'
