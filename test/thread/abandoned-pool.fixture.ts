// A pool without references: its workers end after its calls. Prints the pid of its calls.
// Run with --expose-gc: abandoned-pool.fixture.ts <thread or process>

import { enumerate, isMain, ProcessPoolExecutor, ThreadPoolExecutor, threading } from 'spindle/thread'

export function work(ms: number): number {
  threading.sleep(ms)
  return process.pid
}

const names = (): string =>
  enumerate()
    .map(({ name }) => name)
    .join(' ')

if (isMain(import.meta)) {
  const futures = (() => {
    const executor =
      process.argv[2] === 'process'
        ? new ProcessPoolExecutor(1)
        : new ThreadPoolExecutor(1, { threadNamePrefix: 'abandoned' })
    return [executor.submit(work, 1), executor.submit(work, 50)]
  })()
  console.log(names())
  for (let time = 0; time < 200 && names() !== 'MainThread'; time++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  console.log(names())
  for (const future of futures) console.log(future.result({ timeout: 0 }))
}
