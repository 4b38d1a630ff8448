import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Event, type Future, sleep, ThreadPoolExecutor } from '../index.ts'
import * as calls from './calls-ahead.fixture.ts'

const order = new Int32Array(new SharedArrayBuffer(4))
const begun = [new Event(), new Event(), new Event()]
const gates = [new Event(), new Event(), new Event()]
const pool = new ThreadPoolExecutor(2, {
  initializer: calls.share,
  initArgs: [{ order, begun, gates }],
})
afterAll(() => pool.shutdown())

beforeEach(() => {
  for (const event of [...begun, ...gates]) event.clear()
  // Each worker knows the functions after this: only a function that it knows is sent ahead.
  const first = [0, 1].map((gate) => pool.submit(calls.waitsAt, gate))
  for (const event of [begun[0], begun[1]]) event?.wait()
  for (const gate of gates) gate.set()
  for (const future of first) future.result()
  for (const event of [...begun, ...gates]) event.clear()
  for (const future of Array.from({ length: 50 }, (_, n) => pool.submit(calls.passes, n))) future.result()
  Atomics.store(order, 0, 0)
})

afterEach(() => {
  for (const gate of gates) gate.set()
})

/** Both workers run a call that waits for gate 0 or 1. */
function block(): Future<number>[] {
  const futures = [0, 1].map((gate) => pool.submit(calls.waitsAt, gate))
  begun[0]?.wait()
  begun[1]?.wait()
  return futures
}

describe('Calls that are sent ahead', () => {
  it('run on another worker if theirs is busy, and begin in the order of their submission', () => {
    const [first, second] = block()
    const futures = Array.from({ length: 12 }, (_, n) => pool.submit(calls.passes, n))
    expect(pool.stats()).toMatchObject({ queued: 12, running: 2, idle: 0 })
    gates[1]?.set()
    expect(futures.map((future) => future.result())).toEqual(Array.from({ length: 12 }, (_, n) => n + 2))
    expect({ first: first?.done(), second: second?.done() }).toEqual({ first: false, second: true })
    gates[0]?.set()
    first?.result()
  })

  it('do not begin before an earlier call that a running call may wait for', () => {
    const [first] = block()
    const opener = pool.submit(calls.opens, 0)
    const blocked = [pool.submit(calls.waitsAt, 2), pool.submit(calls.waitsAt, 2)]
    gates[1]?.set()
    opener.result()
    first?.result()
    gates[2]?.set()
    for (const future of blocked) future.result()
  })

  it('make way for a call with a higher priority', () => {
    const running = block()
    const low = [0, 0, 0, -1].map((priority) => pool.with({ priority }).submit(calls.passes, 0))
    const high = pool.with({ priority: 1 }).submit(calls.passes, 1)
    const highest = pool.with({ priority: 2 }).submit(calls.passes, 2)
    gates[1]?.set()
    const numbers = { low: low.map((future) => future.result()), high: high.result(), highest: highest.result() }
    expect(numbers).toEqual({ low: [4, 5, 6, 7], high: 3, highest: 2 })
    gates[0]?.set()
    for (const future of running) future.result()
  })

  it('are pending, and can be cancelled until they begin', () => {
    const running = block()
    const futures = Array.from({ length: 8 }, (_, n) => pool.submit(calls.passes, n))
    const [cancelled, kept] = [futures.filter((_, n) => n % 3 !== 2), futures.filter((_, n) => n % 3 === 2)]
    expect(`${futures[0]}`).toMatch(/state=pending/)
    expect(futures.map((future) => future.running())).not.toContain(true)
    expect(cancelled.map((future) => future.cancel())).not.toContain(false)
    gates[1]?.set()
    expect(kept.map((future) => future.result())).toEqual([2, 3])
    gates[0]?.set()
    for (const future of running) future.result()
    expect(Atomics.load(order, 0)).toBe(4)
  })

  it('run once each if their worker ends', () => {
    const doomed = pool.submit(calls.exits)
    const futures = Array.from({ length: 30 }, (_, n) => pool.submit(calls.passes, n))
    expect(() => doomed.result()).toThrow('exit code 3')
    expect(futures.map((future) => future.result()).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    )
  })

  it('are cancelled by shutdown({ cancelFutures: true })', () => {
    const other = new ThreadPoolExecutor(1, { initializer: calls.share, initArgs: [{ order, begun, gates }] })
    other.submit(calls.passes, 0).result()
    const running = other.submit(calls.waitsAt, 0)
    const futures = [1, 2, 3].map((n) => other.submit(calls.passes, n))
    begun[0]?.wait()
    other.shutdown({ wait: false, cancelFutures: true })
    gates[0]?.set()
    expect(futures.map((future) => future.cancelled())).not.toContain(false)
    expect(running.result()).toBe(1)
    other.shutdown()
  })

  it('end once each, whatever is cancelled and put before them', () => {
    const futures: Future<number>[] = []
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 48_271) % 0x7fff_ffff
      return seed % below
    }
    for (let n = 0; n < 3000; n++) {
      futures.push(pool.with({ priority: random(3) }).submit(calls.passes, n))
      if (random(4) === 0) futures[random(futures.length)]?.cancel()
      if (random(100) === 0) sleep(1)
    }
    const ran = futures.filter((future) => !future.cancelled()).map((future) => future.result())
    expect(Atomics.load(order, 0)).toBe(ran.length)
    expect(new Set(ran).size).toBe(ran.length)
  })
})
