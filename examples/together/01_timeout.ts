// 1. A limit for a block. Look at: when it times out, clean-up runs first, and then the TimeoutError comes out of
//    timeout(). Run: npx tsx examples/together/01_timeout.ts
// Prints: one answer, one that was given up, one deadline for two questions     Next: 02_task_group.ts
import { type Coroutine, getRunningLoop, moveOnAfter, run, sleep, TimeoutError, timeout } from 'spindle'
import { timeoutAt } from 'spindle/more'

function* ask(question: string, duration: number): Coroutine<string> {
  let answer = 'no answer'
  try {
    yield* sleep(duration)
    answer = 'an answer'
    return `${question}: 42`
  } finally {
    console.log(`${question}: line closed, ${answer}`)
  }
}

function* main(): Coroutine<void> {
  console.log(yield* timeout(1000, () => ask('easy', 10)))

  try {
    yield* timeout(50, () => ask('hard', 3_600_000))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error // a cancellation from outside, for example
    console.log('hard: given up')
  }

  // moveOnAfter() throws nothing if there is no answer.
  console.log('maybe:', yield* moveOnAfter(50, () => ask('maybe', 3_600_000)))

  const deadline = getRunningLoop().time() + 1000
  for (const question of ['first', 'second']) {
    console.log(yield* timeoutAt(deadline, () => ask(question, 10)))
  }
}

await run(main())
