// Waits for a function on a thread that neither ends nor asks whether it should.

import { type Coroutine, run } from 'spindle'
import { isMain, toThread } from 'spindle/thread'

export function spin(): never {
  for (;;);
}

function* main(): Coroutine<void> {
  console.log('waits')
  yield* toThread(spin)
}

if (isMain(import.meta)) await run(main())
