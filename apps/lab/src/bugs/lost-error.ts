// A Task that fails unnoticed
// Its error is in the Task, and nothing ever looks there.

import { type Coroutine, createTask, run, sleep } from 'spindle'

function* save(): Coroutine<void> {
  yield* sleep(10)
  throw new Error('no space left on device')
}

function* main(): Coroutine<void> {
  createTask(save())
  yield* sleep(20)
  console.log('saved')
}

await run(main())
