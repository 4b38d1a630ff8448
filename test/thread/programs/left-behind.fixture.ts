// A call leaves a rejected promise behind, which does not affect the next call. With `handled`, the pools receive the
// rejection.
import type { ExceptionContext } from 'spindle'
import { isMain, ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'

export function leaves(): string {
  Promise.reject(new Error('left behind'))
  return 'left'
}

export async function waits(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return 'waited'
}

if (isMain(import.meta)) {
  const exceptionHandler = ({ message, exception, ['call']: call, ['worker']: worker }: ExceptionContext): void =>
    console.log(`${call} in ${worker}: ${exception}; ${message}`)
  const options = process.argv[2] === 'handled' ? { exceptionHandler } : {}
  for (const pool of [new ThreadPoolExecutor(1, options), new ProcessPoolExecutor(1, options)]) {
    console.log(await pool.submit(leaves), await pool.submit(waits))
    pool.shutdown()
  }
}
