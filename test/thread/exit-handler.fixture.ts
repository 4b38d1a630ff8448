// A pool that is used in an exit handler: exit-handler.fixture.ts <thread or process>

import { isMain, ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'

export function double(n: number): number {
  return 2 * n
}

if (isMain(import.meta)) {
  const executor = process.argv[2] === 'process' ? new ProcessPoolExecutor(1) : new ThreadPoolExecutor(1)
  console.log(executor.submit(double, 1).result())
  process.on('exit', () => console.log(executor.submit(double, 21).result()))
}
