// Prints `ready`, then waits, computes or blocks, depending on the first argument.

import { type Coroutine, createTask, currentTask, gather, Lock, run, sleep, type Task, taskGroup } from 'spindle'

const how = process.argv[2]

function* waitsFor(other: () => Task): Coroutine<void> {
  yield* sleep(0)
  yield* other()
}

function* hotLoop(): Coroutine<void> {
  yield* sleep(50)
  console.log('ready')
  for (;;);
}

function* blocksHere(): Coroutine<void> {
  yield* sleep(50)
  console.log('ready')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function* worker(): Coroutine<void> {
  try {
    yield* sleep(1_000_000)
  } finally {
    console.log('worker ends')
  }
}

function* spins(): Coroutine<void> {
  for (;;) yield* sleep(1)
}

function* main(): Coroutine<void> {
  currentTask()?.setName('main')
  if (how === 'computes') createTask(hotLoop(), { name: 'hot' })
  if (how === 'blocks') createTask(blocksHere(), { name: 'blocker' })
  const shared = createTask(worker(), { name: 'worker' })
  const lock = new Lock()
  const first: Task = createTask(
    waitsFor(() => second),
    { name: 'first' },
  )
  const second: Task = createTask(
    waitsFor(() => first),
    { name: 'second' },
  )
  createTask(spins(), { name: `spinner that ${how}` }) // V8 keeps it in pieces
  yield* lock.acquire()
  createTask(lock.acquire(), { name: 'locked out' })
  if (how === 'waits') console.log('ready')
  yield* taskGroup(function* (group) {
    group.createTask(
      (function* () {
        yield* gather([shared, first], { returnExceptions: true })
      })(),
      { name: 'gatherer' },
    )
  })
}

await run(main())
