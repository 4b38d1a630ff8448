// A program that does not wait for its pools: it ends after its calls, and leaves nothing behind.
// With `shutdown`, it shuts them down without waiting.

import { isMain, ProcessPoolExecutor, ThreadPoolExecutor, threading } from 'spindle/thread'

export function sleepAndPrint(ms: number, text: string): string {
  threading.sleep(ms)
  console.log(text)
  return text
}

export function pid(): number {
  return process.pid
}

if (isMain(import.meta)) {
  const threads = new ThreadPoolExecutor(1)
  threads.submit(sleepAndPrint, 200, 'apple')
  threads.submit(sleepAndPrint, 1, 'banana')
  const processes = new ProcessPoolExecutor(1)
  console.log(processes.submit(pid).result())
  processes.submit(sleepAndPrint, 300, 'cherry').addDoneCallback((future) => console.log(`${future.result()} is done`))
  if (process.argv[2] === 'shutdown') for (const pool of [threads, processes]) pool.shutdown({ wait: false })
}
