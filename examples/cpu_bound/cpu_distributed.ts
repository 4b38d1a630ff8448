// These computations on workers, which may run on other machines. Look at: the executor, which is all that differs from
// cpu_threads.ts. How much is computed at once is up to the workers: `--threads` of each.
// Run: npx tsx examples/cpu_bound/cpu_distributed.ts
// with a redis-server, and in other terminals
// `npx tsx packages/distributed/src/main.ts --module examples/cpu_bound/cpu_distributed.ts`
// (arguments: how many numbers, and which: 100 times 30, if there are none)
// Prints: the seconds taken; each worker prints which numbers are its own     Next: ../flags/flags_distributed.ts
import { argv, pid } from 'node:process'
import { DistributedExecutor } from 'spindle/distributed'
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

function main(nums: number[]): void {
  using executor = new DistributedExecutor()
  const results = [...executor.map(cpuBound, nums)]
  if (results.every((result) => result < 10n ** 50n)) console.log(results) // those of 30 have 78,079 digits
}

if (isMain(import.meta)) {
  const begin = performance.now()
  main(Array(Number(argv[2] ?? 100)).fill(Number(argv[3] ?? 30)))
  console.log((performance.now() - begin) / 1000)
}
