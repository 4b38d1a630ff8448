import { type Coroutine, ensureFuture, run, sleep } from 'spindle'

const [how] = process.argv.slice(2)

function* worker(): Coroutine<void> {
  yield* sleep(1000)
}

function* main(): Coroutine<void> {
  const task = ensureFuture(worker())
  yield* sleep(1)
  task.cancel()
  yield* sleep(1)
  if (how === 'crash') {
    process.nextTick(() => {
      throw new Error('a crash')
    })
    yield* sleep(60_000)
  }
}

await run(main())
if (how === 'twice') await run(main())
console.log('done')
