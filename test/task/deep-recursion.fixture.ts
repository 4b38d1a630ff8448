// A plain `yield*` that nests deeper than the stack, in a program of its own: a test runner takes a part of the stack.
import { type Coroutine, run, sleep } from 'spindle'

function* deep(n: number): Coroutine<number> {
  return n === 0 ? yield* sleep(1, 0) : 1 + (yield* deep(n - 1))
}
await run(deep(100_000)).catch((error) => console.log(`${error}`))
