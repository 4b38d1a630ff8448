// A Future is asked again and again whether its call is done. Look at: done(), which never blocks, and result(), which
// blocks as long as it may. Run: npx tsx examples/executor/basic_future.ts It takes 13 s. An argument says how long its
// second is: with 0.1 it takes 1.3 s.
// Prints: "Worker Index : 0" … "result : Completed 3 worker job", at last "[4 worker] Timeout error"     Next: with_future.ts
import { isMain, sleep, ThreadPoolExecutor, TimeoutError } from 'spindle/thread'

export function worker(index: number, second: number): string {
  console.log(`Worker Index : ${index}`)
  sleep(((index * (index + 1)) / 2) * second) // 0, 1, 3, 6, 10
  return `Completed ${index} worker job`
}

function main(second: number): void {
  const executor = new ThreadPoolExecutor(2)
  const futures = [0, 1, 2, 3, 4].map((index) => executor.submit(worker, index, second))
  for (const [index, future] of futures.slice(0, 4).entries()) {
    while (!future.done()) {
      console.log(`[${index} worker] Wait for 1 second because it has not finished yet.`)
      sleep(second)
    }
    console.log(`result : ${future.result()}`)
  }
  // The last one is not asked whether it is done: result() waits for it, but for a second at most.
  try {
    console.log(`result : ${futures[4]?.result(second)}`)
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log('[4 worker] Timeout error')
  }
  executor.shutdown() // it was the patience that ended, not the call: this waits for it
}

if (isMain(import.meta)) main(Number(process.argv[2] ?? 1) * 1000)
