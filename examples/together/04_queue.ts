// 4. Hand work over. Look at: the queue holds two, so the producer waits for the workers; shutdown() ends them when all
//    is done. Run: npx tsx examples/together/04_queue.ts
// Prints: six dishes, two waiters, and a cook who never gets far ahead     Next: ../executor/demo_executor_map.ts
import { type Coroutine, forEach, Queue, run, sleep, taskGroup } from 'spindle'

function* cook(counter: Queue<string>): Coroutine<void> {
  for (const dish of ['soup', 'fish', 'rice', 'peas', 'cake', 'cheese']) {
    yield* counter.put(dish) // waits while the counter is full
    console.log(`cook: ${dish} is on the counter, which holds ${counter.qsize()}`)
  }
  counter.shutdown() // what is on it is still served
  console.log('cook: that was all')
}

function* waiter(name: string, counter: Queue<string>, pace: number): Coroutine<void> {
  let served = 0
  yield* forEach(counter, function* () {
    yield* sleep(pace)
    served++
  })
  console.log(`${name}: went home after ${served} dishes`)
}

function* main(): Coroutine<void> {
  const counter = new Queue<string>(2)
  yield* taskGroup(function* (group) {
    group.createTask(cook(counter))
    group.createTask(waiter('fast', counter, 100))
    group.createTask(waiter('slow', counter, 1000))
  })
}

await run(main())
