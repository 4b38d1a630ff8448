// The states of Futures, and waiting for the first of them. Look at: who is finished when wait() comes back, and when
// the callbacks are called. Run: npx tsx examples/executor/with_future.ts It takes 6 s. An argument says how long its
// second is: with 0.1 it takes 0.6 s.
// Prints: "Finished worker : Completed 1 worker job", "Not finished worker : Completed 0 worker job", …     Next: ../save_flags/download1.ts
import { FIRST_COMPLETED, type Future, isMain, sleep, ThreadPoolExecutor, wait } from 'spindle/thread'

export function worker(index: number, seconds: number): string {
  console.log(`Worker Index : ${index}`)
  sleep(seconds * 1000)
  return `Completed ${index} worker job`
}

function report(future: Future): void {
  console.log(`callback : ${future}`)
}

function main(second: number): void {
  const executor = new ThreadPoolExecutor(2)
  const futures = [4, 1, 5].map((seconds, index) => executor.submit(worker, index, seconds * second))
  for (const future of futures) future.addDoneCallback(report)
  const late = executor.submit(worker, 3, second)
  console.log(`cancelled before it began : ${late.cancel()} ${late}`)
  for (const future of futures) console.log(`after submit : ${future}`)

  const { done, notDone } = wait(futures, { returnWhen: FIRST_COMPLETED })
  for (const future of futures) console.log(`after wait : ${future}`)
  for (const future of done) console.log(`Finished worker : ${future.result()}`)
  for (const future of notDone) console.log(`Not finished worker : ${future.result()}`)
  executor.shutdown()
}

if (isMain(import.meta)) main(Number(process.argv[2] ?? 1))
