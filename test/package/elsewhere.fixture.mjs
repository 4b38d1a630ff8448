// Pools on Bun and Deno, where no inspector can find the module of a function, so the program names it.

import { run } from 'spindle'
import {
  fromModule,
  isMain,
  ProcessPoolExecutor,
  Thread,
  ThreadPoolExecutor,
  toThread,
  workerModule,
} from 'spindle/thread'

/** @param {number} n */
export function own(n) {
  return n * 10
}

if (isMain(import.meta)) {
  /** @type {ReturnType<typeof workerModule<typeof import('./threads.fixture.mjs')>>} */
  const work = workerModule(new URL('./threads.mjs', import.meta.url))
  for (const executor of [new ThreadPoolExecutor(2), new ProcessPoolExecutor(1)]) {
    console.log(
      `${executor.constructor.name}:`,
      executor.submit(work.square, 2).result(),
      await executor.submit(work.square, 3),
    )
    console.log([...executor.map(work.square, [1, 2, 3])], `${executor.submit(work.fail, 7).exception()}`)
    for await (const n of executor.stream(work.count, 2)) console.log('yielded', n)
    console.log(
      executor.submit(fromModule(import.meta, own), 2).result(),
      (await executor.submit(work.pid)) === process.pid,
    )
    executor.shutdown()
  }
  const thread = new Thread({ target: work.square, args: [1] })
  thread.start()
  thread.join()
  console.log(
    'toThread:',
    await run(
      (function* () {
        return yield* toThread(work.square, 4)
      })(),
    ),
  )
}
