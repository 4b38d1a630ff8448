// 2. Tasks that belong together. Look at: when one fails, the others are cancelled, and nothing is left running after
//    the block. Run: npx tsx examples/together/02_task_group.ts
// Prints: a trip that is booked, and one that is not, with no request left open     Next: 03_lock.ts
import { type Coroutine, ExceptionGroup, run, sleep, taskGroup } from 'spindle'

function* book(what: string, duration: number): Coroutine<string> {
  try {
    yield* sleep(duration)
  } catch (error) {
    console.log(`${what}: asked to stop`)
    yield* sleep(10) // the group waits for this, too
    console.log(`${what}: request taken back`)
    throw error
  }
  if (what === 'boat') throw new Error('no boat on Mondays')
  return `${what} booked`
}

function* trip(parts: readonly string[]): Coroutine<void> {
  const tasks = yield* taskGroup(function* (group) {
    return parts.map((part, n) => group.createTask(book(part, 100 * (n + 1))))
  })
  // Here all of them are done.
  console.log(tasks.map((task) => task.result()).join(', '))
}

function* main(): Coroutine<void> {
  yield* trip(['hotel', 'train'])
  try {
    yield* trip(['hotel', 'boat', 'train', 'museum'])
  } catch (error) {
    if (!(error instanceof ExceptionGroup)) throw error
    console.log(`no trip: ${error.exceptions.join(', ')}`) // a group, as several may fail
  }
}

await run(main())
