// A call leaves a promise behind that is rejected. The next call does not suffer from it.
import { isMain, ProcessPoolExecutor, ThreadPoolExecutor } from '../index.ts'

export function leaves(): string {
  Promise.reject(new Error('left behind'))
  return 'left'
}

export async function waits(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  return 'waited'
}

if (isMain(import.meta)) {
  for (const pool of [new ThreadPoolExecutor(1), new ProcessPoolExecutor(1)]) {
    console.log(await pool.submit(leaves), await pool.submit(waits))
    pool.shutdown()
  }
}
