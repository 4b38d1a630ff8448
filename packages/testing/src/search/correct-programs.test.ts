// Forty programs that are right as long as no wait takes far longer than written, of kinds that people write every day.

import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { promises } from 'node:timers'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { ExploreContext } from '../explore/options.ts'
import { explore } from '../explore.ts'

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))
const waitAll = (all: number[], work: (ms: number) => Promise<unknown>): Promise<unknown> => Promise.all(all.map(work))

const programs: Record<string, (context: ExploreContext) => Promise<unknown>> = {
  async 'keeps an answer for 100 s'() {
    const kept = new Map<string, number>()
    const get = async (key: string): Promise<void> => {
      if (kept.has(key)) return
      await wait(10)
      kept.set(key, kept.size + 1)
      setTimeout(() => kept.delete(key), 100_000).unref()
    }
    await get('a')
    await wait(30).then(() => get('a'))
    equal(kept.get('a'), 1)
  },
  async 'has a watchdog of 60 s'() {
    const dog = setTimeout(() => {
      throw new Error('too slow')
    }, 60_000)
    await wait(5)
    clearTimeout(dog)
  },
  async 'waits for 200 ms, then looks'() {
    let isClosed = false
    setTimeout(() => (isClosed = true), 4)
    await wait(200)
    equal(isClosed, true)
  },
  async 'polls for a second'() {
    let isOk = false
    setTimeout(() => (isOk = true), 10)
    for (const end = Date.now() + 1_000; !isOk; await wait(50)) if (Date.now() > end) throw new Error('not yet')
  },
  async 'counts with setInterval()'() {
    let left = 3
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => (timer = setInterval(() => --left === 0 && resolve(), 10)))
    clearInterval(timer)
  },
  async debounces() {
    const sent: string[] = []
    let timer: NodeJS.Timeout | undefined
    for (const text of ['a', 'ab', 'abc']) {
      clearTimeout(timer)
      timer = setTimeout(() => sent.push(text), 20)
    }
    await wait(500)
    deepEqual(sent, ['abc'])
  },
  async throttles() {
    let calls = 0
    let isOpen = true
    const call = (): void => {
      if (isOpen) calls++
      if (isOpen) setTimeout(() => (isOpen = true), 10)
      isOpen = false
    }
    for (let n = 0; n < 3; n++) call()
    await wait(200).then(call)
    equal(calls, 2)
  },
  async 'retries with backoff'() {
    for (let tries = 1; tries < 4; tries++) await wait(5).then(() => wait(10 * 2 ** tries))
  },
  async 'has a time limit, and goes on with the first'() {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>((resolve) => (timer = setTimeout(resolve, 50, 'late')))
    await Promise.race([wait(20), late])
    clearTimeout(timer)
  },
  async 'sends a heartbeat while it works'() {
    const heart = setInterval(() => {}, 5)
    await wait(100)
    clearInterval(heart)
  },
  async 'updates one after the other'() {
    let stock = 5
    let last = Promise.resolve()
    const buy = async (ms: number): Promise<void> => {
      const before = stock
      await wait(ms)
      stock = before - 1
    }
    await waitAll([10, 20, 5], (ms) => (last = last.then(() => buy(ms))))
    equal(stock, 2)
  },
  async 'lends a permit, and takes it back'() {
    const waiting: (() => void)[] = []
    let isFree = true
    const use = async (ms: number): Promise<void> => {
      if (!isFree) await new Promise<void>((resolve) => waiting.push(resolve))
      isFree = false
      await wait(ms)
      const next = waiting.shift()
      if (next === undefined) isFree = true
      else next()
    }
    await waitAll([20, 5, 10], use)
    equal(isFree, true)
  },
  async 'loads once for all who ask meanwhile'() {
    let loads = 0
    let loading: Promise<number> | undefined
    const load = (): Promise<number> => (loading ??= wait(20).then(() => ++loads))
    deepEqual(await Promise.all([load(), load(), wait(5).then(load)]), [1, 1, 1])
  },
  async 'forgets a load that failed'() {
    let tries = 0
    let loading: Promise<void> | undefined
    const attempt = (): void => equal(++tries, 2)
    const load = (): Promise<void> =>
      (loading ??= wait(10)
        .then(attempt)
        .finally(() => (loading = undefined)))
    await load().catch(() => load())
  },
  async 'answers with the stale value, and loads a new one'() {
    let value = 1
    let loading: Promise<number> | undefined
    const get = (): number => {
      loading ??= wait(20).then(() => value++)
      return value
    }
    equal(get(), 1)
    await loading
    equal(get(), 2)
  },
  async 'has a circuit breaker'() {
    let openUntil = 0
    const call = async (isOk: boolean): Promise<string> => {
      if (performance.now() < openUntil) return 'refused'
      await wait(5)
      openUntil = isOk ? 0 : performance.now() + 1_000
      return isOk ? 'ok' : 'failed'
    }
    deepEqual([await call(false), await call(true)], ['failed', 'refused'])
    await wait(1_000)
    equal(await call(true), 'ok')
  },
  async 'shows only the latest answer'() {
    let [shown, latest] = [0, 0]
    const search = async (ms: number): Promise<void> => {
      latest = ms
      await wait(ms)
      if (latest === ms) shown = ms
    }
    await waitAll([30, 20], search)
    equal(shown, 20)
  },
  async 'ends early when it is aborted'({ signal }) {
    for (let page = 0; page < 3; page++) await wait(10).then(() => signal.throwIfAborted())
  },
  async 'waits until it is aborted, or for a while'({ signal }) {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 50)
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    clearTimeout(timer)
  },
  async 'has a signal with a time limit'() {
    const signal = AbortSignal.timeout(50)
    for (let page = 0; page < 10 && !signal.aborted; page++) await wait(20)
  },
  async 'stops for any of two signals'({ signal }) {
    const any = AbortSignal.any([signal, AbortSignal.timeout(1_000)])
    while (!any.aborted) await wait(300)
  },
  async 'waits for an event, or for the time limit'() {
    const target = new EventTarget()
    setTimeout(() => target.dispatchEvent(new Event('ready')), 10)
    await once(target as never, 'ready', { signal: AbortSignal.timeout(5_000) })
  },
  async 'hands a message through a channel'() {
    const { port1, port2 } = new MessageChannel()
    port2.postMessage('hello')
    const [data]: unknown[] = await once(port1, 'message')
    equal(data, 'hello')
    port1.close()
  },
  async 'starts when all have come'() {
    let [missing, open] = [3, (): void => {}]
    const all = new Promise<void>((resolve) => (open = resolve))
    await waitAll([10, 20, 5], (ms) => wait(ms).then(() => (--missing === 0 ? open() : all)))
  },
  async 'closes when nothing is in flight'() {
    const inFlight = new Set<Promise<unknown>>()
    for (const ms of [10, 30]) {
      const one: Promise<unknown> = wait(ms).finally(() => inFlight.delete(one))
      inFlight.add(one)
    }
    await Promise.all(inFlight)
    equal(inFlight.size, 0)
  },
  async 'has workers that share a queue'() {
    const queue = [1, 2, 3, 4, 5]
    const done: number[] = []
    const worker = async (): Promise<void> => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) done.push(await wait(5).then(() => 1))
    }
    await Promise.all([worker(), worker()])
    equal(done.length, 5)
  },
  async 'reads a stream, page by page'() {
    let sum = 0
    async function* pages(): AsyncGenerator<number> {
      for (let page = 1; page <= 3; page++) yield wait(10).then(() => page)
    }
    for await (const page of pages()) sum += page
    equal(sum, 6)
  },
  async 'writes again if the version is another one'() {
    let version = 0
    const add = async (ms: number): Promise<void> => {
      const before = version
      await wait(ms)
      if (version !== before) return add(ms)
      version++
    }
    await waitAll([10, 15], add)
    equal(version, 2)
  },
  async 'connects again, after a while'() {
    const connect = (tries: number): Promise<void> => wait(10).then(() => (tries > 0 ? connect(tries - 1) : undefined))
    await connect(3)
  },
  async 'takes the first answer of two servers'() {
    equal(await Promise.any([wait(10).then(() => Promise.reject(new Error('down'))), wait(20).then(() => 2)]), 2)
  },
  async 'spends tokens that come back'() {
    let tokens = 2
    const refill = setInterval(() => (tokens = 2), 10)
    for (let sent = 0; sent < 4; sent++, tokens--) while (tokens === 0) await wait(5)
    clearInterval(refill)
  },
  async 'yields to others with setImmediate()'() {
    const log: number[] = []
    const count = async (name: number): Promise<void> => {
      for (let n = 0; n < 2; n++) await new Promise((resolve) => setImmediate(resolve)).then(() => log.push(name))
    }
    await waitAll([1, 2], count)
    deepEqual(log, [1, 2, 1, 2])
  },
  'waits with a function of node:timers': () => promises.setTimeout(20).then(() => promises.setImmediate()),
  'waits with a promisified function': () => promisify(setTimeout)(20),
  'goes on in the next tick': () => wait(5).then(() => new Promise<void>((resolve) => process.nextTick(resolve))),
  'gives up a request after 5 s': () => promises.setTimeout(20, 0, { signal: AbortSignal.timeout(5_000) }),
  async 'sets a timer, and clears it'() {
    clearTimeout(setTimeout(() => Promise.reject(new Error('late')), 20))
  },
  async 'measures a wait'() {
    const start = performance.now()
    await wait(20)
    equal(performance.now() - start >= 20, true)
  },
  async 'cleans up after an error'() {
    let isOpen = true
    const failing = wait(10).then(() => Promise.reject(new Error('no')))
    await failing.catch(() => {}).finally(() => wait(5).then(() => (isOpen = false)))
    equal(isOpen, false)
  },
  async 'logs in before it asks'() {
    const token = wait(20).then(() => 'token')
    deepEqual(await Promise.all([token, wait(5).then(() => token)]), ['token', 'token'])
  },
}
const all = Object.entries(programs)

describe('A wait that takes longer than written', () => {
  it.each(all)('is no failure of a program that %s', async (_, program) => {
    await explore(program, { runs: 40 })
  })

  it('is tried with forty programs', () => expect(all).toHaveLength(40))

  it('is told, with the line to replay it', async () => {
    const { unlikely = '' } = await explore(programs['has a watchdog of 60 s'] as () => Promise<void>)
    expect(unlikely).toContain('too slow')
    expect(unlikely).toContain("replay: 'main#1.2 takes 60001'")
  })

  it("is a failure with times: 'any'", async () => {
    await expect(explore(programs['has a watchdog of 60 s'] as never, { times: 'any' })).rejects.toThrow('too slow')
  })
})
