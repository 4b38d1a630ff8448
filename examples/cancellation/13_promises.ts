// 13. A promise can't be cancelled. Look at: the Task lets go of it; that its work ends as well takes an
//     AbortController in `finally`. Run: npx tsx examples/cancellation/13_promises.ts
// Prints: work that goes on for nobody, and work that is aborted     Next: ../together/01_timeout.ts
import { setTimeout as delay } from 'node:timers/promises'
import { type Coroutine, createTask, ensureFuture, run, sleep } from 'spindle'

async function query(name: string, signal?: AbortSignal): Promise<void> {
  try {
    await delay(300, undefined, { signal })
    console.log(`${name}: the work was done, for nobody`)
  } catch (error) {
    console.log(`${name}: the work was stopped (${error instanceof Error ? error.name : error})`)
  }
}

function* letsGo(): Coroutine<void> {
  yield* ensureFuture(query('letsGo'))
}

function* aborts(): Coroutine<void> {
  const controller = new AbortController()
  try {
    yield* ensureFuture(query('aborts', controller.signal))
  } finally {
    controller.abort() // does nothing if the work is done
  }
}

function* main(): Coroutine<void> {
  for (const ask of [letsGo, aborts]) {
    const task = createTask(ask())
    yield* sleep(10)
    task.cancel()
    yield* sleep(400)
    console.log(`main: ${ask.name} was cancelled: ${task.cancelled()}`)
  }
}

await run(main())
