import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as hostSleep, setImmediate as hostTurn } from 'node:timers/promises'
import {
  type Coroutine,
  createTask,
  ensureFuture,
  type Future,
  gather,
  getRunningLoop,
  newEventLoop,
  RuntimeError,
  run,
  sleep,
} from 'spindle'
import { describe, expect, it } from 'vitest'
import { runLines } from '../tooling/run-example.ts'

/** Serves while `use` goes on with the address. */
async function serve<T>(handler: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function get(url: string): Promise<string> {
  return (await fetch(url)).text()
}

describe('A loop driven by the host', () => {
  it('lets a server in the same process answer while a thousand Tasks spin', async () => {
    let spins = 0
    function* spin(): Coroutine<never> {
      for (;;) {
        spins++
        yield* sleep(0)
      }
    }
    function* main(url: string): Coroutine<string[]> {
      const tasks = Array.from({ length: 1000 }, () => createTask(spin()))
      const answers: string[] = []
      for (let n = 0; n < 20; n++) answers.push(yield* ensureFuture(get(`${url}${n}`)))
      for (const task of tasks) task.cancel()
      return answers
    }
    const answers = await serve(
      (request, response) => response.end(`${request.url} ${spins > 0}`),
      (url) => run(main(url)),
    )
    expect([answers, spins >= 20_000]).toEqual([Array.from({ length: 20 }, (_, n) => `/${n} true`), true])
  })

  it('lets the host have a turn inside a long iteration', async () => {
    // One iteration of 200 callbacks of a quarter of a millisecond; the immediates are the host's.
    const loop = newEventLoop()
    let turns = 0
    let over = false
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    setImmediate(count)
    const order: number[] = []
    for (let n = 0; n < 200; n++) {
      loop.callSoon(() => {
        const end = performance.now() + 0.25
        while (performance.now() < end);
        order.push(n)
      })
    }
    loop.stop()
    await loop.runForever()
    over = true
    expect([order, turns > 10]).toEqual([Array.from({ length: 200 }, (_, n) => n), true])
  })

  it('runs once for each request of a server, side by side', async () => {
    const log: string[] = []
    function* handle(name: string): Coroutine<string> {
      log.push(`${name} begins`)
      while (log.length < 3) yield* sleep(1) // until all have begun
      log.push(`${name} ends`)
      return `answer to ${name}`
    }
    const answers = await serve(
      async (request, response) => response.end(await run(handle(request.url as string))),
      (url) => Promise.all(['a', 'b', 'c'].map((name) => get(url + name))),
    )
    expect([answers, log.slice(0, 3).toSorted(), log.slice(3).toSorted()]).toEqual([
      ['answer to /a', 'answer to /b', 'answer to /c'],
      ['/a begins', '/b begins', '/c begins'],
      ['/a ends', '/b ends', '/c ends'],
    ])
  })

  it('takes turns with other loops, and each is the running loop in its own callbacks only', async () => {
    const loops = ['a', 'b', 'c'].map((name) => ({ name, loop: newEventLoop() }))
    const log: [string, boolean][] = []
    function* main(name: string, loop: unknown): Coroutine<string> {
      for (let n = 0; n < 100; n++) {
        log.push([name, getRunningLoop() === loop])
        yield* sleep(n % 10 === 0 ? 1 : 0)
      }
      return name
    }
    const results = await Promise.all(loops.map(({ name, loop }) => loop.runUntilComplete(main(name, loop))))
    expect({ results, steps: log.length }).toEqual({ results: ['a', 'b', 'c'], steps: 300 })
    expect(log.filter(([, isRight]) => !isRight)).toEqual([])
    // None of them was done before the others had begun.
    expect(new Set(log.slice(0, 150).map(([name]) => name)).size).toBe(3)
  })

  it('is woken by its own Future that another run settles', async () => {
    const loops = [newEventLoop(), newEventLoop()] as const
    const [ping, pong] = loops.map((loop) => loop.createFuture<string>()) as [Future<string>, Future<string>]
    function* first(): Coroutine<string> {
      const got = yield* ping
      pong.setResult('pong')
      return got
    }
    function* second(): Coroutine<string> {
      yield* sleep(5)
      ping.setResult('ping')
      return yield* pong
    }
    expect(await Promise.all([loops[0].runUntilComplete(first()), loops[1].runUntilComplete(second())])).toEqual([
      'ping',
      'pong',
    ])
  })

  it('is woken by callSoon, callLater, setResult, cancel and stop from plain code', async () => {
    const loop = newEventLoop()
    const log: string[] = []
    const running = loop.runForever()
    const futures = [loop.createFuture<string>(), loop.createFuture<string>()] as const
    for (const future of futures) future.addDoneCallback((done) => log.push(String(done)))
    const waiting = loop.createTask(sleep(1e9))
    waiting.addDoneCallback((done) => log.push(`cancelled ${done.cancelled()}`))
    for (const [name, act] of Object.entries({
      callSoon: () => loop.callSoon(() => log.push('called soon')),
      callLater: () => loop.callLater(1, () => log.push('called later')),
      setResult: () => futures[0].setResult('result'),
      cancelFuture: () => futures[1].cancel(),
      cancelTask: () => waiting.cancel(),
    })) {
      await hostSleep(5) // the loop sleeps meanwhile
      const lines = log.push(`- ${name}`)
      act()
      while (log.length === lines) await hostSleep(1)
    }
    await hostSleep(5)
    loop.stop()
    await running
    expect(log).toEqual([
      '- callSoon',
      'called soon',
      '- callLater',
      'called later',
      '- setResult',
      "<Future finished result='result'>",
      '- cancelFuture',
      '<Future cancelled>',
      '- cancelTask',
      'cancelled true',
    ])
  })

  it('wakes sooner than it meant to when plain code sets an earlier timer', async () => {
    const loop = newEventLoop()
    const far = loop.callLater(3_600_000, () => {})
    const running = loop.runForever()
    await hostSleep(5)
    loop.callLater(1, () => loop.stop())
    await running
    far.cancel()
    expect(loop.isRunning()).toBe(false)
  })

  it('calls no timer early, of some hundreds', async () => {
    const loop = newEventLoop()
    const early: number[] = []
    let called = 0
    for (let n = 0; n < 500; n++) {
      const delay = (n * 7.3) % 40
      const when = performance.now() + delay
      loop.callLater(delay, () => {
        called++
        if (performance.now() < when) early.push(delay)
      })
    }
    loop.callLater(45, () => loop.stop())
    await loop.runForever()
    expect([called, early]).toEqual([500, []])
  })

  it('lets sleeps, which count from when they are awaited, take no less than requested', async () => {
    function* nap(delay: number): Coroutine<boolean> {
      const start = performance.now()
      yield* sleep(delay)
      return performance.now() - start >= delay
    }
    function* main(): Coroutine<boolean[]> {
      return yield* gather(Array.from({ length: 300 }, (_, n) => nap((n * 0.37) % 25)))
    }
    expect((await run(main())).filter((right) => !right)).toEqual([])
  })

  it('does not keep the host waiting while Tasks await promises in long chains', async () => {
    let turns = 0
    let over = false
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    function* chain(): Coroutine<number> {
      let sum = 0
      for (let n = 0; n < 20_000; n++) sum += yield* ensureFuture(Promise.resolve(1))
      return sum
    }
    function* main(): Coroutine<number[]> {
      return yield* gather([chain(), chain()])
    }
    setImmediate(count)
    const sums = await run(main())
    over = true
    expect(sums).toEqual([20_000, 20_000])
    expect(turns).toBeGreaterThanOrEqual(5)
  })

  it('does not keep the host waiting while two loops wake each other', async () => {
    const loops = [newEventLoop(), newEventLoop()] as const
    let turns = 0
    let over = false
    const count = (): void => {
      turns++
      if (!over) setImmediate(count)
    }
    let volleys = 0
    const play = (from: 0 | 1): void => {
      if (++volleys > 50_000) {
        for (const loop of loops) loop.stop()
        return
      }
      const to = from === 0 ? 1 : 0
      loops[to].callSoon(play, to)
    }
    setImmediate(count)
    loops[0].callSoon(play, 0)
    await Promise.all(loops.map((loop) => loop.runForever()))
    over = true
    expect(volleys).toBeGreaterThan(50_000)
    expect(turns).toBeGreaterThanOrEqual(3)
  })

  it('lets promises of the host settle between its callbacks', async () => {
    const log: string[] = []
    function* main(): Coroutine<void> {
      const loop = getRunningLoop()
      void Promise.resolve().then(() => log.push('microtask'))
      void hostTurn().then(() => log.push('turn of the host'))
      yield* ensureFuture(hostTurn())
      log.push('the Task')
      loop.callSoon(() => log.push('callback'))
      yield* sleep(0)
    }
    await run(main())
    expect(log).toEqual(['microtask', 'turn of the host', 'the Task', 'callback'])
  })

  it('refuses a second run of the same loop, at once and from plain code, and the first continues', async () => {
    const loop = newEventLoop()
    const first = loop.runUntilComplete(sleep(10, 'first'))
    const refused = await Promise.allSettled([loop.runForever(), loop.runUntilComplete(sleep(1))])
    const error = new RuntimeError('This event loop is already running')
    expect(refused.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([error, error])
    expect(() => loop.runForeverSync()).toThrow(error)
    expect(await first).toBe('first')
  })

  it('lets plain code run another loop in blocking mode between its turns', async () => {
    const loop = newEventLoop()
    const first = loop.runUntilComplete(sleep(5, 'first'))
    const other = newEventLoop()
    const second = other.runUntilCompleteSync(sleep(10, 'second'))
    expect([second, await first]).toEqual(['second', 'first'])
  })

  it('uses no CPU while it is idle, even if its timer is thirty years away', async () => {
    const { stdout, stderr } = await runLines(
      `import { newEventLoop, sleep } from 'spindle'
      const loop = newEventLoop()
      await loop.runUntilComplete(sleep(20)) // compiled by now
      let turns = 0
      loop.events.on('turn', () => turns++)
      const far = loop.createTask(sleep(1e12))
      setTimeout(() => far.cancel(), 300)
      const before = process.cpuUsage()
      await loop.runUntilComplete(far).catch(() => {})
      const { user, system } = process.cpuUsage(before)
      console.log(user + system < 100_000 || user + system, turns < 10 || turns)`,
    )
    expect([stdout, stderr]).toEqual(['true true\n', ''])
  })

  it('holds nothing when it is finished: the process ends at once', async () => {
    const { stdout, code } = await runLines(
      `import { createTask, ensureFuture, getRunningLoop, run, sleep } from 'spindle'
      function* main() {
        createTask(sleep(3_600_000))
        getRunningLoop().callLater(3_600_000, () => {})
        ensureFuture(new Promise(() => {}))
        yield* sleep(5)
        return 'done'
      }
      const result = await run(main())
      await new Promise(setImmediate)
      console.log(result, process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate/.test(name)))
      console.log(process.listenerCount('beforeExit'), process.listenerCount('SIGINT'))`,
      { timeout: 10_000 },
    )
    expect([stdout, code]).toEqual(['done []\n0 0\n', 0])
  })

  it('listens for the end of the process from when it waits first', async () => {
    const { stdout } = await runLines(
      `import { run, sleep } from 'spindle'
      function* main() {
        const before = process.listenerCount('beforeExit')
        yield* sleep(0)
        const ready = process.listenerCount('beforeExit')
        yield* sleep(1)
        return [before, ready, process.listenerCount('beforeExit')]
      }
      console.log(await run(main()), process.listenerCount('beforeExit'))`,
    )
    expect(stdout).toBe('[ 0, 0, 1 ] 0\n')
  })

  it('keeps the process alive while a timer is pending, and nothing else does', async () => {
    const { stdout, code } = await runLines(
      `import { newEventLoop, run, sleep } from 'spindle'
      void run(sleep(100, 'slept')).then(console.log)
      const loop = newEventLoop()
      loop.callLater(50, () => loop.stop())
      void loop.runForever().then(() => console.log('stopped'))`,
    )
    expect([stdout, code]).toEqual(['stopped\nslept\n', 0])
  })
})
