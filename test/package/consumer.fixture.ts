// A short program that uses the declarations as users do. Compiled with the oldest supported TypeScript.

import {
  CancelledError,
  type Coroutine,
  coroutine,
  createTask,
  ensureFuture,
  type Future,
  gather,
  once,
  run,
  sleep,
  type Task,
} from 'spindle'
import { Thread } from 'spindle/thread'

function* answer(): Coroutine<number> {
  yield* sleep(1)
  return 42
}

function* both(): Coroutine<[number, string]> {
  return yield* gather([sleep(2, 1), sleep(1, 'two')])
}

/** Like the declarations of event targets on the web. */
interface Socket {
  onmessage: ((this: Socket, event: { readonly data: string }) => unknown) | null
  addEventListener(name: string, listener: (event: object) => void): void
  removeEventListener(name: string, listener: (event: object) => void): void
}

export function* message(socket: Socket): Coroutine<string> {
  const [event] = yield* once(socket, 'message')
  return event.data.trim()
}

export class Counter {
  readonly step = 1

  @coroutine
  *after<T>(given: T): Coroutine<[T, number]> {
    return [given, yield* sleep(1, this.step)]
  }
}

function* forever(): Coroutine<void> {
  for (;;) yield* sleep(60_000)
}

function* main(): Coroutine<string> {
  const task: Task<void> = createTask(forever())
  const future: Future<unknown> = ensureFuture(task)
  yield* sleep(1)
  task.cancel()
  try {
    yield* future
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
  }
  return task.cancelled() ? 'cancelled' : String(Thread)
}

declare const console: { log(line: string): void }

console.log(`${await run(answer())} ${JSON.stringify(await run(both()))} ${await run(main())}`)
