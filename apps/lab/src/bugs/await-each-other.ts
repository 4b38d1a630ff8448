// Tasks that await each other
// Each of the two ends when the other one has ended.

import { type Coroutine, createTask, gather, run, sleep, type Task } from 'spindle'

const tasks: Task<void>[] = []

function* ping(): Coroutine<void> {
  yield* sleep(1)
  yield* tasks[1]!
}

function* pong(): Coroutine<void> {
  yield* sleep(1)
  yield* tasks[0]!
}

function* main(): Coroutine<void> {
  tasks.push(createTask(ping()), createTask(pong()))
  yield* gather(tasks)
}

await run(main())
