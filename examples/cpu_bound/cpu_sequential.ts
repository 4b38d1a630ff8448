// Computes for a while, many times, one after another. Look at: what the other two make of it; cpuBound() is the same
// in all three. In Python a lock keeps threads from computing at the same time, so threads gain nothing there.
// JavaScript's threads have an engine each, and share no lock: cpu_threads.ts uses all cores, as cpu_processes.ts does.
// Run: npx tsx examples/cpu_bound/cpu_sequential.ts     (an argument says how many numbers: 100, if there is none)
// Prints: "22344 process | 0 thread, 30" for each number, then the seconds taken     Next: cpu_threads.ts
import { argv, pid } from 'node:process'
import { currentThread, isMain } from 'spindle/thread'

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
  return nums.map((num) => cpuBound(num))
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(30))
  console.log((performance.now() - begin) / 1000)
}
