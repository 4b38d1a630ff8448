// A program that ends while one process of its pool computes and the other is idle.
import { isMain, ProcessPoolExecutor, stopRequested } from 'spindle/thread'

export function pidLater(): Promise<number> {
  return new Promise((resolve) => setTimeout(() => resolve(process.pid), 300)) // so that the pool needs two processes
}

export function compute(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

export function computeUntilStopped(): void {
  while (!stopRequested());
}

if (isMain(import.meta)) {
  const pool = new ProcessPoolExecutor(2)
  console.log(JSON.stringify([1, 2].map(() => pool.submit(pidLater)).map((future) => future.result())))
  const how = process.argv[2]
  if (how === 'asked') pool.submit(computeUntilStopped)
  else pool.submit(compute, how === 'killed' ? 800 : Number.POSITIVE_INFINITY)
  setTimeout(() => {
    if (how === 'exit') process.exit(3)
    if (how === 'killed' || how === 'asked') process.kill(process.pid, 'SIGKILL')
    throw new Error('as if something had gone wrong')
  }, 300)
}
