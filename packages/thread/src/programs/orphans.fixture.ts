// A program that ends while one process of its pool computes, and the other is idle.
import { isMain, ProcessPoolExecutor } from '../index.ts'

export function pidLater(): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(process.pid), 300)) // so that there have to be two
}

export function computeForEver(): never {
  for (;;);
}

if (isMain(import.meta)) {
  const pool = new ProcessPoolExecutor(2)
  console.log(JSON.stringify([1, 2].map(() => pool.submit(pidLater)).map((future) => future.result())))
  pool.submit(computeForEver)
  setTimeout(() => {
    if (process.argv[2] === 'exit') process.exit(3)
    throw new Error('as if something had gone wrong')
  }, 300)
}
