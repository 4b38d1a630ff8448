// The computations of cpu_sequential.ts on a pool of threads. Look at: the ids of the threads, and the time: it falls
// with the number of cores, other than in Python, where a lock keeps threads from computing at the same time. With more
// threads than cores it gets no better.
// Run: npx tsx examples/cpu_bound/cpu_threads.ts
// (arguments: how many numbers, on how many threads, and which: 100 on 10, and 30)
// Prints: the same as cpu_sequential.ts, from several threads     Next: cpu_processes.ts
import { argv, pid } from 'node:process'
import { currentThread, isMain, ThreadPoolExecutor } from 'spindle/thread'

export function cpuBound(num: number): bigint {
  console.log(`${pid} process | ${currentThread().ident} thread, ${num}`)
  let total = 1n
  for (let i = 1; i < num; i++) {
    for (let j = 1; j < num; j++) {
      for (let k = 1; k < num; k++) total *= BigInt(i * j * k)
    }
  }
  return total
}

function main(nums: number[]): void {
  using executor = new ThreadPoolExecutor(Number(argv[3] ?? 10))
  const results = [...executor.map(cpuBound, nums)]
  if (results.every((result) => result < 10n ** 50n)) console.log(results) // those of 30 have 78,079 digits
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(Number(argv[4] ?? 30)))
  console.log((performance.now() - begin) / 1000)
}
