// A module that Node loads before the program has made a storage, and used it.

import type { AsyncLocalStorage } from 'node:async_hooks'
import { type Coroutine, createTask, run, sleep } from 'spindle'

const { preloaded } = globalThis as unknown as { preloaded: AsyncLocalStorage<string> }

function* entering(): Coroutine<string | undefined> {
  yield* sleep(0)
  preloaded.enterWith('a Task')
  yield* sleep(1)
  return preloaded.getStore()
}

function* main(): Coroutine<void> {
  yield* sleep(1)
  const before = preloaded.getStore()
  const within = yield* createTask(entering())
  yield* sleep(0)
  console.log(`${before}, ${within}, ${preloaded.getStore()}`)
}

await preloaded.run('main', () => run(main()))
