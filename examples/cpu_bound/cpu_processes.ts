// The computations of cpu_sequential.ts in a pool of processes. Look at: the ids of the processes, and the time: a
// process gains no more than a thread, and takes longer to start. In Python it is the other way round, as only
// processes compute at the same time there.
// Run: npx tsx examples/cpu_bound/cpu_processes.ts
// (arguments: how many numbers, on how many processes, and which: 100 on 10, and 30)
// Prints: the same as cpu_sequential.ts, from several processes     Next: ../compare.ts
import { argv, pid } from 'node:process'
import { currentThread, isMain, ProcessPoolExecutor } from 'spindle/thread'

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
  using executor = new ProcessPoolExecutor(Number(argv[3] ?? 10))
  const results = [...executor.map(cpuBound, nums)]
  if (results.every((result) => result < 10n ** 50n)) console.log(results) // those of 30 have 78,079 digits
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(Number(argv[4] ?? 30)))
  console.log((performance.now() - begin) / 1000)
}
