// Computes for a while, many times, one after another. Look at: what the other two make of it; cpuBound() is the same
// in all three. In Python a lock keeps threads from computing at the same time, so threads gain nothing there.
// JavaScript's threads have an engine each, and share no lock: cpu_threads.ts uses all cores, as cpu_processes.ts does.
// Run: npx tsx examples/cpu_bound/cpu_sequential.ts
// (arguments: how many numbers, and which: 100 times 30, if there are none)
// Prints: "22344 process | 0 thread" for each number, then the seconds taken     Next: cpu_threads.ts
import { argv, pid } from 'node:process'
import { currentThread, isMain } from 'spindle/thread'

export function cpuBound(num: number): bigint {
  console.log(`${pid} process | ${currentThread().ident} thread`)
  let total = 1n
  for (let i = 1; i < num; i++) {
    for (let j = 1; j < num; j++) {
      for (let k = 1; k < num; k++) total *= BigInt(i * j * k)
    }
  }
  return total
}

function main(nums: number[]): void {
  const results = nums.map((num) => cpuBound(num))
  if (results.every((result) => result < 10n ** 50n)) console.log(results) // those of 30 have 78,079 digits
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(Number(argv[3] ?? 30)))
  console.log((performance.now() - begin) / 1000)
}
