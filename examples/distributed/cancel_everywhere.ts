// Spinners on workers, in one task group with a call that fails. Look at: the `finally` of spin(). When engine()
// fails, the group cancels its Tasks, each Task cancels its call, and every spinner cleans up on the worker where it
// runs; only then the program ends.
// Run: npx tsx examples/distributed/cancel_everywhere.ts
// with a redis-server, and in other terminals
// `npx tsx packages/distributed/src/main.ts --module examples/distributed/cancel_everywhere.ts`
// Prints: "it failed: the engine stalled", then "3 spinners were cancelled"; the workers "spinner 1 stops", and so on
// Next: ../cancellation/12_threads.ts
import { type Coroutine, ExceptionGroup, run, sleep, taskGroup, uncancellable } from 'spindle'
import { DistributedExecutor } from 'spindle/distributed'
import { type concurrent, isMain } from 'spindle/thread'

export function* spin(id: number): Coroutine<void> {
  console.log(`spinner ${id} spins`)
  try {
    yield* sleep(60_000)
  } finally {
    yield* uncancellable(() => sleep(50)) // clean-up may wait, and is not cut short
    console.log(`spinner ${id} stops`)
  }
}

export function* engine(): Coroutine<void> {
  yield* sleep(500)
  throw new Error('the engine stalled')
}

function* result<T>(future: concurrent.Future<T>): Coroutine<T> {
  return yield* future
}

function* main(executor: DistributedExecutor): Coroutine<void> {
  const spinners = [1, 2, 3].map((id) => executor.submit(spin, id))
  try {
    yield* taskGroup(function* (group) {
      for (const spinner of spinners) group.createTask(result(spinner))
      yield* executor.submit(engine)
    })
  } catch (error) {
    if (!(error instanceof ExceptionGroup)) throw error
    console.log(`it failed: ${(error.errors[0] as Error).message}`)
  }
  console.log(`${spinners.filter((spinner) => spinner.cancelled()).length} spinners were cancelled`)
}

if (isMain(import.meta)) {
  using executor = new DistributedExecutor()
  await run(main(executor))
}
