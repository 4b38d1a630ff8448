import { type Coroutine, gather, sleep, uncancellable } from 'spindle'

/** How many greetings have begun and not ended. */
export let open = 0

/** Greets all of them at once. If it is cancelled, each greeting is. */
export function* greetAll(names: readonly string[]): Coroutine<string[]> {
  return yield* gather(names.map((name) => greet(name)))
}

export function* greet(name: string): Coroutine<string> {
  open++
  try {
    yield* sleep(500) // `yield*` is Spindle's `await`
    return `Hello, ${name}!`
  } finally {
    yield* uncancellable(() => sleep(100)) // clean-up may wait, also when it is cancelled
    open--
  }
}
