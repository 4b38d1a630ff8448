// Uses threads and pools like a user's program, in plain JavaScript, so that nothing has to be compiled where its
// functions run.
import { isMain, ProcessPoolExecutor, Thread, ThreadPoolExecutor, threading } from 'spindle/thread'

/** @param {number} n */
export function square(n) {
  return n * n
}

/** @param {number} limit */
export function* count(limit) {
  for (let n = 0; n < limit; n++) yield n
}

export async function pid() {
  return process.pid
}

/** @param {number} n */
export function fail(n) {
  throw new RangeError(`no ${n}`)
}

/**
 * @param {threading.Queue<number>} queue
 * @param {threading.Event} event
 */
export function produce(queue, event) {
  for (let n = 1; n <= 3; n++) queue.put(square(n))
  event.set()
}

if (isMain(import.meta)) {
  /** @type {threading.Queue<number>} */
  const queue = new threading.Queue()
  const event = new threading.Event()
  const thread = new Thread({ target: produce, args: [queue, event] })
  thread.start()
  console.log('thread:', event.wait({ timeout: 10_000 }), queue.get(), queue.get(), queue.get())
  thread.join()
  for (const executor of [new ThreadPoolExecutor(2), new ProcessPoolExecutor(2)]) {
    const squares = [...executor.map(square, [1, 2, 3])]
    const isHere = (await executor.submit(pid)) === process.pid
    console.log(`${executor.constructor.name}:`, squares, isHere, String(executor.submit(fail, 7).exception()))
    executor.shutdown()
  }
}
