// Run by bundlers.test.ts, transformed.

import { type Coroutine, newEventLoop, runSync, sleep } from 'spindle'

function* descend(depth: number): Coroutine<number> {
  if (depth > 0) return 1 + (yield* descend(depth - 1))
  yield* sleep(0)
  if (new Error('deep down').stack === undefined) return 0
  throw new Error('deep down')
}

function* save(): Coroutine<void> {}

function* main(): Coroutine<void> {
  save()
  try {
    yield* descend(2)
  } catch (error) {
    console.log(String((error as Error).stack).match(/at coroutine .*/g))
  }
}

const loop = newEventLoop()
loop.setExceptionHandler((_, { message }) => console.log(message.split('\n')[1]))
runSync(main(), { loopFactory: () => loop })
