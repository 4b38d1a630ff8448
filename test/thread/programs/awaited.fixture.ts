// Only the pools keep this program alive while it awaits them.
import { isMain, ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'

export async function later(ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return ms
}

if (isMain(import.meta)) {
  const threads = new ThreadPoolExecutor(2)
  const futures = [1, 2, 3].map((ms) => threads.submit(later, ms))
  await threads[Symbol.asyncDispose]()
  console.log(futures.map((future) => future.result({ timeout: 0 })))
  const processes = new ProcessPoolExecutor(1, { maxTasksPerChild: 1 })
  console.log(await Promise.all([1, 2].map((ms) => processes.submit(later, ms))))
  await processes[Symbol.asyncDispose]()
  console.log('end')
}
