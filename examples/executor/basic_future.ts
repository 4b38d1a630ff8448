// A Future is asked whether its call is done. Look at: done(), which never blocks, and result(), which blocks for as
// long as it may. Four processes begin before the first result; the fifth call takes the process that is free first.
// Run: npx tsx examples/executor/basic_future.ts
// It takes 10 s. An argument says how long its second is: with 0.1 it takes 1 s.
// Prints: "Worker Index : 0" …, the results, and for workers 1 to 4 a line "Wait", at last "[4 worker] Timeout error"
// Next: with_future.ts
import { TimeoutError } from 'spindle'
import { isMain, ProcessPoolExecutor, threading } from 'spindle/thread'

const SECONDS = [0, 1, 2, 3, 10]

/** The workers call it before they are ready, and have loaded this module then. */
export function loaded(): void {}

export function worker(index: number, second: number): string {
  console.log(`Worker Index : ${index}`)
  threading.sleep((SECONDS[index] ?? 0) * second)
  return `Completed ${index} worker job`
}

function main(second: number): void {
  using executor = new ProcessPoolExecutor(4, { initializer: loaded }) // at its end the block waits for all calls
  executor.ready().result()
  const futures = SECONDS.map((_, index) => executor.submit(worker, index, second))
  futures[0]?.result()
  threading.sleep(second / 2) // the next three begin
  for (const [index, future] of futures.entries()) {
    if (!future.done()) {
      console.log(`[${index} worker] Wait for 1 second because it has not finished yet.`)
      threading.sleep(second)
    }
    try {
      console.log(`result : ${future.result({ timeout: second })}`)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      console.log(`[${index} worker] Timeout error`)
    }
  }
}

if (isMain(import.meta)) main(Number(process.argv[2] ?? 1) * 1000)
