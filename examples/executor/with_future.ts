// Five calls at once, of which two are done when the patience ends. Look at: wait(), which sorts them and ends none of
// them: the results of the others come later.
// Run: npx tsx examples/executor/with_future.ts
// It takes 4 s. An argument says how long its second is: with 0.1 it takes 0.4 s.
// Prints: "Worker Index : 0" …, "Finished worker" for 0 and 1, then "Not finished worker" for 2, 3 and 4
// Next: ../save_flags/download1.ts
import { concurrent, isMain, ThreadPoolExecutor, threading } from 'spindle/thread'

/** The workers call it before they are ready, and have loaded this module then. */
export function loaded(): void {}

export function worker(index: number, second: number): string {
  console.log(`Worker Index : ${index}`)
  threading.sleep(index * second)
  return `Completed ${index} worker job`
}

function main(second: number): void {
  using executor = new ThreadPoolExecutor(5, { initializer: loaded })
  executor.ready().result()
  const futures = [0, 1, 2, 3, 4].map((index) => executor.submit(worker, index, second))
  const { done, pending } = concurrent.wait(futures, { timeout: 1.5 * second })
  for (const future of done) console.log(`Finished worker : ${future.result()}`)
  for (const future of pending) console.log(`Not finished worker : ${future.result()}`)
}

if (isMain(import.meta)) main(Number(process.argv[2] ?? 1) * 1000)
