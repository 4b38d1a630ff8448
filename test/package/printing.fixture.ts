// Prints Spindle's objects, errors and reports: the output of a minified bundle must be the same.

import {
  Barrier,
  BoundedSemaphore,
  Condition,
  type Coroutine,
  createTask,
  Event,
  Future,
  getRunningLoop,
  LifoQueue,
  Lock,
  newEventLoop,
  PriorityQueue,
  Queue,
  run,
  Semaphore,
  sleep,
  timeout,
} from 'spindle'

const show = (value: unknown): void =>
  console.log(`${value}`.replaceAll(/ at \S+?(?=[ >])| running at [^>]*|, defined at [^>]*/g, ''))

function* main(): Coroutine<void> {
  const loop = getRunningLoop()
  loop.setExceptionHandler((_loop, { message }) => console.log(message))
  show(loop)
  const objects = [new Lock(), new Semaphore(2), new BoundedSemaphore(1), new Condition(), new Event(), new Barrier(2)]
  for (const each of [...objects, new Queue(1), new LifoQueue(), new PriorityQueue(), new Future()]) show(each)
  show(
    loop
      .callSoon(() => {})
      .toString()
      .replace(/ .*/, ''),
  )
  show(
    loop
      .callLater(1, () => {})
      .toString()
      .replace(/ .*/, ''),
  )
  const lock = new Lock()
  yield* lock.acquire()
  const waiting = createTask(lock.acquire(), { name: 'waiting' })
  yield* sleep(1)
  show(waiting)
  waiting.cancel()
  yield* sleep(1)
  show(waiting)
  try {
    yield* timeout(1, () => lock.acquire())
  } catch (error) {
    show((error as Error).name)
  }
}

await run(main())
try {
  await run(new Lock().acquire())
  const queue = new Queue<number>()
  await run(queue.get())
} catch (error) {
  show(error)
}
newEventLoop().close()
