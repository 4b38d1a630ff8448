import { type Coroutine, sleep } from 'spindle'

/** How many answers have begun and not ended. */
export let open = 0

export function* answer(name: string): Coroutine<string> {
  open++
  try {
    yield* sleep(100) // `yield*` is Spindle's `await`: here a query could wait
    return `Hello, ${name || 'world'}!\n`
  } finally {
    open--
  }
}
