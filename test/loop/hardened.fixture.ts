// Features that a hardened runtime may break: cancellation, errors with causes, groups, debug mode, printing, and
// threads, whose function is found by identity or, with the argument `module`, by the name of its module.

import {
  type Coroutine,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  runSync,
  sleep,
  taskGroup,
  timeout,
} from 'spindle'
import { isMain, Thread, ThreadPoolExecutor, workerModule } from 'spindle/thread'

const inner = coroutine(function* inner(): Coroutine<void> {
  yield* sleep(1)
  throw new RangeError('the cause')
})

function* caught(work: Coroutine<unknown>): Coroutine<void> {
  try {
    console.log(yield* work)
  } catch (error) {
    console.log(String(error))
  }
}

function* main(): Coroutine<void> {
  const sleeper = createTask(sleep(1000))
  yield* sleep(1)
  sleeper.cancel('no more of this')
  yield* caught(
    (function* () {
      yield* sleeper
    })(),
  )
  yield* caught(timeout(1, () => sleep(1000)))
  yield* caught(
    taskGroup(function* (group) {
      group.createTask(inner())
      yield* sleep(1000)
    }),
  )
  const lock = new Lock()
  const queue = new Queue<string>()
  createTask(
    (function* () {
      using _ = yield* lock.acquire()
      yield* queue.put('an item')
    })(),
  )
  console.log(yield* queue.get(), String(yield* gather([sleep(1, 'gathered')])))
  getRunningLoop().callExceptionHandler({ message: 'a report', exception: new Error('reported'), task: sleeper })
}

export function double(n: number): number {
  return 2 * n
}

if (isMain(import.meta)) {
  await run(main())
  await run(main(), { debug: true })
  console.log(runSync(sleep(1, 'blocking')))
  const target = process.argv.includes('module')
    ? workerModule<typeof import('./hardened.fixture.ts')>(new URL(import.meta.url)).double
    : double
  const thread = new Thread({ target, args: [4] })
  thread.start()
  thread.join()
  const pool = new ThreadPoolExecutor(1)
  console.log('on a thread:', await pool.submit(target, 21))
  await pool.shutdown()
}
