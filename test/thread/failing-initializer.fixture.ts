// A pool of processes whose initializer fails, and that is never shut down.

import { isMain, ProcessPoolExecutor } from 'spindle/thread'

export function fail(): never {
  console.log(process.pid)
  throw new RangeError('not today')
}

export function work(): void {}

if (isMain(import.meta)) {
  const executor = new ProcessPoolExecutor(2, { initializer: fail })
  const futures = [executor.submit(work), executor.submit(work)]
  for (const future of futures) console.log(String(future.exception()))
}
