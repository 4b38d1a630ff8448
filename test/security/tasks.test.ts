import { AsyncLocalStorage } from 'node:async_hooks'
import { createServer } from 'node:http'
import fc from 'fast-check'
import {
  CancelledError,
  type Coroutine,
  call,
  coroutine,
  createTask,
  Event,
  forEach,
  gather,
  gatherMap,
  Lock,
  Queue,
  rethrowIfCancelled,
  retry,
  run,
  runSync,
  Semaphore,
  sleep,
  type Task,
  TimeoutError,
  timeout,
  wait,
} from 'spindle'
import { closeHostLoop } from 'spindle/more'
import { handler, openConnection, serve, startServer, subprocess } from 'spindle/node'
import { ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'
import { describe, expect, it } from 'vitest'
import { fuzzOptions } from './on-built.ts'

describe('Whenever Tasks are cancelled and time limits expire', () => {
  const step = fc.record({
    what: fc.constantFrom('lock', 'permit', 'put', 'get'),
    limit: fc.option(fc.nat(3)),
    pause: fc.nat(2),
  })
  const programs = fc.record({
    tasks: fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 8 }),
    cancels: fc.array(fc.record({ task: fc.nat(7), turns: fc.nat(20) }), { maxLength: 8 }),
  })

  it('one holds the lock, permits and items are conserved, and nothing stays locked', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async ({ tasks, cancels }) => {
        const [lock, permits, queue] = [new Lock(), new Semaphore(2), new Queue<number>(2)]
        const [put, got, wrong]: [number[], number[], string[]] = [[], [], []]
        let [inLock, inPermits, items] = [0, 0, 0]
        function* act({ what, pause }: { what: string; pause: number }): Coroutine<void> {
          if (what === 'lock') {
            using _ = yield* lock.acquire()
            try {
              if (++inLock > 1) wrong.push('two hold the lock')
              for (let n = 0; n < pause; n++) yield* sleep(0)
            } finally {
              inLock--
            }
          } else if (what === 'permit') {
            using _ = yield* permits.acquire()
            try {
              if (++inPermits > 2) wrong.push('three have a permit')
              for (let n = 0; n < pause; n++) yield* sleep(0)
            } finally {
              inPermits--
            }
          } else if (what === 'put') {
            const item = items++
            yield* queue.put(item)
            put.push(item)
          } else got.push(yield* queue.get())
        }
        await run(function* () {
          const all: Task[] = tasks.map((steps) =>
            createTask(function* () {
              for (const one of steps) {
                try {
                  yield* one.limit === null ? act(one) : timeout(one.limit, () => act(one))
                } catch (error) {
                  if (!(error instanceof TimeoutError || error instanceof CancelledError)) throw error
                }
              }
            }),
          )
          for (const { task, turns } of cancels) {
            for (let n = 0; n < turns; n++) yield* sleep(0)
            all[task % all.length]?.cancel()
          }
          for (let left = true; left; ) {
            const { pending } = yield* wait(all, { timeout: 5 })
            for (const task of pending) task.cancel() // one that waits for an item that nobody puts
            left = pending.size > 0
          }
          while (!queue.empty()) got.push(queue.getNowait())
          yield* gather([lock.acquire(), permits.acquire(), permits.acquire()])
        })
        expect({ wrong, got, inLock, inPermits }).toEqual({ wrong: [], got: put, inLock: 0, inPermits: 0 })
      }),
      fuzzOptions(10),
    )
  })
})

describe('Chains of Tasks and coroutines of any length', () => {
  const LENGTH = 30_000

  it('are awaited and cancelled', () => {
    runSync(function* () {
      let task: Task = createTask(sleep(1000))
      const first = task
      function* awaits(other: Task): Coroutine<unknown> {
        return yield* other
      }
      for (let n = 0; n < LENGTH; n++) task = createTask(awaits(task))
      yield* sleep(1)
      task.cancel()
      yield* wait([task])
      expect({ task: task.cancelled(), first: first.cancelled() }).toEqual({ task: true, first: true })
      let gathered: Task = createTask(sleep(1000))
      function* gathers(other: Task): Coroutine<unknown> {
        return yield* gather([other])
      }
      for (let n = 0; n < LENGTH / 3; n++) gathered = createTask(gathers(gathered))
      yield* sleep(1)
      gathered.cancel()
      yield* wait([gathered])
      expect(gathered.cancelled()).toBe(true)
    })
  })

  it('are called, and a step stands on a stack of the same height at any depth', () => {
    const nested = coroutine(function* nested(depth: number): Coroutine<number> {
      if (depth > 0) return yield* nested(depth - 1)
      yield* sleep(0)
      const before = Error.stackTraceLimit
      Error.stackTraceLimit = 1000
      const height = new Error().stack?.match(/^ {4}at /gm)?.length ?? 0
      Error.stackTraceLimit = before
      return height
    })
    expect(runSync(nested(LENGTH))).toBe(runSync(nested(1)))
  })
})

describe('A Task sees the stores of `AsyncLocalStorage`', () => {
  it('of its own request, however many are mixed', async () => {
    const storage = new AsyncLocalStorage<string>()
    const [lock, queue] = [new Lock(), new Queue<number>()]
    const turn = new Event()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(6), { maxLength: 6 }), { minLength: 2, maxLength: 10 }),
        async (all) => {
          const seen = new Set<string>()
          function* work(user: string, steps: readonly number[]): Coroutine<void> {
            for (const step of steps) {
              if (step === 0) yield* sleep(0)
              if (step === 1) yield* sleep(1)
              if (step === 2) yield* call(() => new Promise((resolve) => setImmediate(resolve)))
              if (step === 3) {
                using _ = yield* lock.acquire()
                yield* sleep(0)
              }
              if (step === 4) turn.set()
              if (step === 5) queue.putNowait(1)
              if (step === 6) yield* gatherMap([1, 2], () => createTask(sleep(0)))
              if (queue.qsize() > 0) yield* queue.get()
              seen.add(`${user} ${storage.getStore()}`)
            }
          }
          const answer = handler(function* (_request: unknown, response: { end(): void }, ...rest: unknown[]) {
            void rest
            yield* work(storage.getStore() ?? '', all[Number(storage.getStore())] ?? [])
            response.end()
          })
          const server = createServer((request, response) => {
            void storage.run(String(request.headers['x-user']), () => answer(request, response))
          }).listen(0, '127.0.0.1')
          await new Promise((resolve) => server.once('listening', resolve))
          const { port } = server.address() as { port: number }
          await Promise.all(
            all.map((_, user) =>
              fetch(`http://127.0.0.1:${port}`, { headers: { 'x-user': `${user}` } }).then((got) => got.text()),
            ),
          )
          server.closeAllConnections()
          server.close()
          expect([...seen].filter((pair) => pair.split(' ')[0] !== pair.split(' ')[1])).toEqual([])
        },
      ),
      { ...fuzzOptions(10), numRuns: Math.min(fuzzOptions(10).numRuns, 2000) },
    )
  })
})

describe('Unknown options are refused', () => {
  const options = { maximum: 1 } as never
  const nothing = (): Coroutine<void> => sleep(0)
  const calls: Record<string, () => unknown> = {
    wait: () => wait([createTask(nothing())], options),
    gather: () => gather([], options),
    gatherMap: () => gatherMap([1], nothing, options),
    retry: () => retry(nothing, options),
    createTask: () => createTask(nothing(), options),
    run: () => run(nothing(), options),
    call: () => call(() => Promise.resolve(), options),
    forEach: () => forEach([1], nothing, options),
    handler: () => handler(nothing, options),
    serve: () => serve(createServer(), options),
    startServer: () => startServer(nothing, '127.0.0.1', 0, options),
    openConnection: () => openConnection('127.0.0.1', 1, options),
    subprocess: () => subprocess(['true'], options, nothing),
    closeHostLoop: () => closeHostLoop(options),
    threads: () => new ThreadPoolExecutor(1, options),
    processes: () => new ProcessPoolExecutor(1, options),
  }
  it.each(Object.entries(calls))('by %s', async (_name, make) => {
    const outcome = await run(function* () {
      try {
        const made = make()
        if (made instanceof Promise) yield* call(() => made)
        else yield* made as Coroutine<unknown>
        return 'taken'
      } catch (error) {
        rethrowIfCancelled(error)
        return String(error)
      }
    })
    expect(outcome).toMatch(/^TypeError: .*maximum/)
  })
})
