// The same computations in a pool of processes. Look at: the ids of the processes, and the time: a process gains no
// more than a thread, and takes longer to start. In Python it is the other way round, as only processes compute at the
// same time there.
// Run: npx tsx examples/cpu_bound/cpu_processes.ts     (arguments: how many numbers, and on how many processes: 100 on 10, if there are none)
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

function main(nums: number[]): bigint[] {
  using executor = new ProcessPoolExecutor(Number(argv[3] ?? 10))
  return [...executor.map(cpuBound, nums)]
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(30))
  console.log((performance.now() - begin) / 1000)
}
