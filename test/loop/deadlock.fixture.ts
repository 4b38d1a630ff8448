// A program that deadlocks twice in each way of waiting, and continues.

import { type Coroutine, createTask, DeadlockError, type EventLoop, type Future, newEventLoop } from 'spindle'
import { VirtualClock } from 'spindle/more'

function* consume(gate: Future<string>): Coroutine<string> {
  const item = yield* gate
  return `consumed ${item}`
}

function* main(gate: Future<string>): Coroutine<string> {
  const consumer = createTask(consume(gate), { name: 'consumer' })
  return yield* consumer
}

async function deadlock(way: string, loop: EventLoop, run: (future: Future<string>) => Promise<string>): Promise<void> {
  console.log(`--- ${way}`)
  const gate = loop.createFuture<string>()
  const task = loop.createTask(main(gate), { name: 'main' })
  for (const time of ['first', 'second']) {
    try {
      await run(task)
    } catch (error) {
      console.log(`${time} time: ${error instanceof DeadlockError} ${loop.isRunning()}`)
      console.log(String(error))
    }
  }
  gate.setResult('an item')
  console.log(await run(task))
  loop.close()
}

const host = newEventLoop()
await deadlock('host', host, (future) => host.runUntilComplete(future))
const blocking = newEventLoop()
await deadlock('blocking', blocking, async (future) => blocking.runUntilCompleteSync(future))
const virtual = newEventLoop({ clock: new VirtualClock() })
await deadlock('virtual', virtual, async (future) => virtual.runUntilCompleteSync(future))
const virtualHost = newEventLoop({ clock: new VirtualClock() })
await deadlock('virtual, host', virtualHost, (future) => virtualHost.runUntilComplete(future))
