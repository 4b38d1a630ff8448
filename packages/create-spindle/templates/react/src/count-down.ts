import { type Coroutine, sleep } from 'spindle'

/** Shows the seconds that are left. If it is cancelled, it shows how it began. */
export function* countDown(from: number, show: (left: number) => void): Coroutine<void> {
  let left = from
  try {
    for (; left > 0; left--) {
      show(left)
      yield* sleep(1000) // `yield*` is Spindle's `await`
    }
  } finally {
    show(left === 0 ? 0 : from)
  }
}
