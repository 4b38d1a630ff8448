// A program without a guard around its main part, which therefore also runs in the threads of its pool.

import { ThreadPoolExecutor } from 'spindle/thread'

export function work(): string {
  return 'done'
}

console.log('main')
const executor = new ThreadPoolExecutor(1)
const future = executor.submit(work)
console.log(String(future.exception()))
executor.shutdown()
