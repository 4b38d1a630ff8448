// A thread of a pool, a process of a pool and a Thread run out of memory. All others continue.
import { isMain, ProcessPoolExecutor, Thread, ThreadPoolExecutor } from 'spindle/thread'

export function hoard(): never {
  const kept: unknown[] = []
  for (;;) kept.push(new Array(1e5).fill(1.5))
}

export function square(n: number): number {
  return n * n
}

function describe(error: unknown): string {
  const { cause } = error as { cause?: { code: string; message: string } }
  const limits = cause?.message.match(/\{.*\}/)
  return [String(error), cause && [cause.code, limits ?? []].flat().join(', ')].filter(Boolean).join('; ')
}

if (isMain(import.meta)) {
  const resourceLimits = { maxOldGenerationSizeMb: 64 }
  const threads = new ThreadPoolExecutor(1, { resourceLimits })
  const processes = new ProcessPoolExecutor(1, { execArgv: ['--max-old-space-size=64'] })
  for (const pool of [threads, processes]) {
    const [first, next] = [pool.submit(hoard), pool.submit(square, 3)]
    console.log(`${describe(first.exception())}\n${next.result()}`)
    pool.shutdown()
  }
  const thread = new Thread({ target: hoard, resourceLimits })
  thread.start()
  thread.join()
  console.log(`alive: ${thread.isAlive()}`)
  await using awaited = new ThreadPoolExecutor(1, { resourceLimits })
  await awaited.submit(hoard).then(undefined, (error: unknown) => console.log(describe(error)))
}
