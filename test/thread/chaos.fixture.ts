// Many calls, as many as the argument says. Some of them fail, and some end their worker, in various ways: one of so
// many as the last argument says.

import { BrokenExecutor, concurrent, isMain, ProcessPoolExecutor, ThreadPoolExecutor, threading } from 'spindle/thread'

export function work(n: number): number {
  if (n % 10 === 3) throw new RangeError(`no ${n}`)
  if (n % 10 === 7) threading.sleep(1)
  return 2 * n
}

export function leave(): void {
  process.exit(1)
}

/** Ends silently: the owner has to notice that the thread is gone. */
export function vanish(): void {
  process.removeAllListeners('exit')
  process.exit(1)
}

export function kill(): void {
  process.kill(process.pid, 'SIGKILL')
}

if (isMain(import.meta)) {
  const isProcess = process.argv[2] === 'process'
  const [calls, every] = process.argv.slice(3).map(Number) as [number, number]
  const executor = isProcess ? new ProcessPoolExecutor(2) : new ThreadPoolExecutor(3)
  const ends: Record<string, number> = { returned: 0, threw: 0, broke: 0, wrong: 0, twice: 0 }
  const count = (end: string): void => {
    ends[end] = (ends[end] ?? 0) + 1
  }
  const futures = []
  for (let n = 0; n < calls; n++) {
    const deadly = n % every === every - 1
    const fn = !deadly ? work : isProcess ? kill : n % (2 * every) === 2 * every - 1 ? vanish : leave
    const future = deadly ? executor.submit(fn as () => void) : executor.submit(work, n)
    let ended = 0
    future.addDoneCallback(() => {
      if (++ended > 1) return count('twice')
      const error = future.exception()
      if (error instanceof BrokenExecutor) count(deadly ? 'broke' : 'wrong')
      else if (error instanceof RangeError) count(n % 10 === 3 && error.message === `no ${n}` ? 'threw' : 'wrong')
      else count(future.result() === 2 * n ? 'returned' : 'wrong')
    })
    futures.push(future)
  }
  const { pending } = concurrent.wait(futures, { timeout: 60_000 })
  console.log(JSON.stringify({ ...ends, pending: pending.size }))
  executor.shutdown()
  console.log('end')
}
