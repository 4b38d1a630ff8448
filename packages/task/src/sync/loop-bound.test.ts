import type { Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { Event, Lock, newEventLoop, Queue, run, Semaphore, sleep } from '../index.ts'

const lock = new Lock()
const semaphore = new Semaphore(0)
const event = new Event()
const queue = new Queue<number>()

const waits: [printed: string, wait: () => Coroutine<unknown>, wake: () => void][] = [
  ['<Lock [locked, waiters:1]>', () => lock.acquire(), () => lock.locked() && lock.release()],
  ['<Semaphore [locked, waiters:1]>', () => semaphore.acquire(), () => semaphore.release()],
  ['<Event [unset, waiters:1]>', () => event.wait(), () => event.set()],
  ['<Queue maxsize=0 _getters[1] tasks=1>', () => queue.get(), () => queue.putNowait(1)],
]

describe('A primitive', () => {
  it.each(waits)('belongs to the loop of the first Task that had to wait: %s', async (printed, wait, wake) => {
    wake()
    await run(wait()) // nobody waited: it belongs to no loop yet
    event.clear()
    const one = newEventLoop()
    const waiting = one.createTask(wait)
    one.runUntilCompleteSync(one.createTask(sleep(0)))
    await expect(run(wait())).rejects.toThrow(`${printed} is bound to a different event loop`)
    wake()
    one.runUntilCompleteSync(waiting)
    one.close()
  })
})
