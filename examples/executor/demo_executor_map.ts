// Five calls on three threads. Look at: map() comes back at once, and its results come in the order of the calls, each
// when it is asked for.
// Run: npx tsx examples/executor/demo_executor_map.ts
// It takes 5 s. An argument says how long its second is: with 0.1 it takes half a second.
// Prints: three threads that begin, "results:", "Waiting for individual results:", "result 0: 0" … "result 4: 40"
// Next: basic_future.ts
import { isMain, ThreadPoolExecutor, threading } from 'spindle/thread'

function display(...args: unknown[]): void {
  console.log(`[${new Date().toTimeString().slice(0, 8)}]`, ...args)
}

/** The workers call it before they are ready, and have loaded this module then. */
export function loaded(): void {}

export function loiter(n: number, unit: number, begun: threading.Semaphore): number {
  const tabs = '\t'.repeat(n)
  const seconds = Number((n * unit).toFixed(3))
  display(`${tabs}loiter(${n}): doing nothing for ${seconds}s...`)
  if (n < 3) begun.release()
  threading.sleep(seconds * 1000)
  display(`${tabs}loiter(${n}): done.`)
  return n * 10
}

function main(unit: number): void {
  const executor = new ThreadPoolExecutor(3, { initializer: loaded })
  executor.ready().result()
  display('Script starting.')
  const begun = new threading.Semaphore(0)
  const results = executor.map(loiter, [0, 1, 2, 3, 4], Array(5).fill(unit), Array(5).fill(begun))
  for (let n = 0; n < 3; n++) begun.acquire() // Python's threads print before map() returns; here they run beside it
  display('results:', results)
  display('Waiting for individual results:')
  let number = 0
  for (const result of results) display(`result ${number++}: ${result}`)
  executor.shutdown()
}

if (isMain(import.meta)) main(Number(process.argv[2] ?? 1))
