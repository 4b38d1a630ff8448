import {
  generateKeyPairSync,
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  scrypt,
  scryptSync,
  sign,
} from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { setTimeout as after } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { gunzipSync, gzip, gzipSync } from 'node:zlib'
import { type Coroutine, createTask, ensureFuture, getRunningLoop, run, sleep } from 'spindle'
import { describe, expect, it, vi } from 'vitest'
import type { ExploreOptions } from '../explore/options.ts'
import { ExplorationError } from '../explore/program.ts'
import { explore } from '../explore.ts'

// A program may have the class from before explore() is called.
const AnyWorker = Worker

// Date.now() where a run begins.
const EPOCH_OF_RUNS = 1_700_000_000_000
const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

/** A cache that asks twice if it is asked again while it waits, and keeps the latest answer. */
class HastyCache {
  readonly #values = new Map<string, number>()
  version = 0

  async refresh(key: string, latency: number): Promise<void> {
    const answer = ++this.version
    await wait(latency)
    this.#values.set(key, answer)
  }

  get(key: string): number | undefined {
    return this.#values.get(key)
  }
}

async function failure<T>(
  program: () => PromiseLike<T>,
  options?: ExploreOptions<undefined, T>,
): Promise<ExplorationError> {
  const error: unknown = await explore(program, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ExplorationError)
  return error as ExplorationError
}

describe('explore(), of an async function', () => {
  it('has one time for Date and for performance', async () => {
    const times: number[] = []
    const real = performance.timeOrigin
    await explore(async () => {
      await wait(20)
      times.push(Math.floor(performance.timeOrigin + performance.now()) - Date.now())
    })
    expect(new Set(times)).toEqual(new Set([0]))
    expect(performance.timeOrigin).toBe(real)
    expect(Object.keys(performance)).not.toContain('timeOrigin')
  })

  it('finds a race between two answers, and replays it', async () => {
    const program = async (): Promise<void> => {
      const cache = new HastyCache()
      await Promise.all([cache.refresh('a', 10), cache.refresh('a', 20)])
      if (cache.get('a') !== 2) throw new Error(`an old answer has come last: ${cache.get('a')}`)
    }
    const { replay, message, runs } = await failure(program)
    expect(message).toMatch(/when the timer of .* called by HastyCache\.refresh \(.*\) takes 2\d ms, not 10$/m)
    expect(message).toMatch(/and the timer of 20 ms that is set there fires first$/m)
    expect(message).toContain('an old answer has come last: 1')
    expect(runs.found).toBeLessThan(20)
    expect(replay).toMatch(/^main#1 takes 2\d$/)
    expect(await failure(program, { replay })).toMatchObject({ kind: 'error', replay })
    await explore(program, { times: 'written' })
  })

  it('names the two lines that race, though a helper sets the timers of all, and shows which timers fire', async () => {
    const pause = (ms: number): Promise<void> => wait(ms)
    let stock = 0
    const buy = async (ms: number): Promise<void> => {
      await pause(ms)
      const before = stock
      await pause(1)
      stock = before - 1
    }
    const program = async (): Promise<void> => {
      stock = 5
      await Promise.all([buy(1), buy(9)])
      if (stock !== 3) throw new Error(`stock is ${stock}`)
    }
    const { message, stack, cause } = await failure(program)
    const place = String.raw`\S*simulated-host\.test\.ts:\d+`
    const timer = String.raw`timer of buy \(${place}\)`
    const racing = `^the program throws Error: stock is 4\\n  when the ${timer} takes \\d+ ms, not \\d\\n  and the timer of 9 ms that is set there fires first\\n\\nawait`
    expect(message).toMatch(new RegExp(racing))
    const replayed = await failure(program, { replay: 'host#2 takes 9' }) // the second pause of buy(1)
    const [second, first] = [...replayed.message.matchAll(/buy \(\S*?(\d+)\)/g)].map(([, line]) => Number(line))
    expect(second).toBe((first as number) + 2)
    expect(message).toMatch(new RegExp(`^ *\\d+ │ +│ ${timer}$`, 'm'))
    for (const text of [stack, (cause as Error).stack]) {
      expect(text).toMatch(new RegExp(`^ +at .*${place}`, 'm'))
      expect(text).not.toMatch(/explorer|explored-run|shared/)
      expect(text).toMatch(/^(?:Exploration)?Error: /)
    }
  })

  it('runs ticks, microtasks, immediates and timers as Node does, in virtual time', async () => {
    const log: string[] = []
    await explore(
      async () => {
        log.length = 0
        const note = (what: string) => (): void => void log.push(`${what} at ${performance.now()}`)
        setTimeout(note('timer 20'), 20)
        const stopped = setTimeout(note('stopped'), 5)
        setImmediate(note('immediate'))
        process.nextTick(note('tick'))
        queueMicrotask(note('microtask'))
        const { port1, port2 } = new MessageChannel()
        port2.on('message', note('message'))
        port1.postMessage('hello')
        clearTimeout(stopped)
        let times = 0
        const interval = setInterval(() => {
          note('interval')()
          if (++times === 2) clearInterval(interval)
        }, 8)
        await after(30)
        await promisify(setTimeout)(30)
        await new Promise((resolve) => AbortSignal.timeout(40).addEventListener('abort', resolve))
        note('end')()
      },
      { times: 'written', late: 0, runs: 1 },
    )
    expect(log).toEqual([
      'microtask at 0', // the program is called in a microtask
      'tick at 0',
      'immediate at 0',
      'message at 0',
      'interval at 8',
      'interval at 16',
      'timer 20 at 20',
      'end at 100',
    ])
  })

  it('uses a MessageChannel, as an EventTarget or an EventEmitter, gets the messages that it really gets', {
    timeout: 10_000,
  }, async () => {
    const log: unknown[] = []
    const program = async (): Promise<void> => {
      log.length = 0
      const { port1, port2 } = new MessageChannel()
      port1.postMessage('early')
      port1.postMessage('second')
      await wait(1)
      log.push(await once(port2, 'message'))
      await wait(1)
      log.push(await once(port2, 'message'))
      const onMessage = (message: unknown): void => void log.push(message)
      port2.on('message', onMessage)
      port2.once('message', (message: unknown) => log.push(`once ${message}`))
      Object.assign(port2, { onmessage: ({ data }: { data: unknown }) => log.push(`onmessage ${data}`) })
      const { buffer } = new Uint8Array(3)
      port1.postMessage(1)
      port1.postMessage(buffer, [buffer])
      await wait(1)
      port2.off('message', onMessage)
      port1.unref()
      port1.postMessage(2)
      port1.addListener('close', () => log.push('closed')).removeListener('message', onMessage)
      const closed = once(port2, 'close')
      port1.close()
      await closed
      await wait(1)
      port2.postMessage(3)
      log.push(buffer.byteLength)
    }
    await program()
    const real = [...log]
    expect(real.length).toBe(10)
    await explore(program, { times: 'written', runs: 1 })
    expect(log).toEqual(real)
  })

  it('has thousands of timers, is explored', async () => {
    const program = async (): Promise<unknown> => Promise.all(Array.from({ length: 3_000 }, (_, n) => wait(n % 10)))
    await explore(program, { runs: 5 })
  })

  it('waits for a promise that nothing settles, reports a deadlock with the lines', async () => {
    async function answer(): Promise<void> {
      await wait(1)
      await new Promise(() => {})
    }
    async function program(): Promise<void> {
      await answer()
    }
    const error = await failure(program)
    expect(error).toMatchObject({ kind: 'deadlock', replay: '' })
    const [first, ...places] = error.message.split('\n').slice(0, 3)
    expect(error.message).toContain('\n  in the ordinary run')
    expect(first).toBe('the program waits, and nothing is left that could wake it. It awaits:')
    expect(places.sort()).toEqual([
      expect.stringMatching(/^ {2}answer \(.*simulated-host\.test\.ts:\d+\)$/),
      expect.stringMatching(/^ {2}program \(.*simulated-host\.test\.ts:\d+\)$/),
    ])
  })

  it('hangs beside an interval, gets the same message', async () => {
    const hang = async (): Promise<void> => {
      await wait(1)
      await new Promise(() => {})
    }
    const told = (error: ExplorationError): unknown => [error.kind, error.message.split('\n\n')[0]]
    const bare = await failure(hang)
    const beside = async (): Promise<void> => {
      setInterval(() => {}, 10)
      await hang()
    }
    const [kind, message] = told(await failure(beside)) as [string, string]
    expect(kind).toBe('deadlock')
    for (const line of bare.message.split('\n\n')[0]?.split('\n') ?? []) expect(message).toContain(line)
    const sometimes = async (): Promise<void> => {
      const interval = setInterval(() => {}, 10)
      let last = 0
      await Promise.all([1, 2].map((n) => wait(n * 10).then(() => (last = n))))
      if (last === 1) await new Promise(() => {})
      clearInterval(interval)
    }
    expect(await failure(sometimes)).toMatchObject({ kind: 'deadlock', replay: expect.stringMatching(/takes 2\d$/) })
    let ticks = 0
    await explore(
      async () => {
        ticks = 0
        await new Promise<void>((resolve) => setInterval(() => ++ticks === 900 && resolve(), 10).unref())
      },
      { runs: 20 },
    )
  })

  it('waits for a real file, the network or a thread, names them', async () => {
    const { message } = await failure(async () => await readFile(new URL(import.meta.url)))
    expect(message).toMatch(
      /waits for something that a schedule cannot control:\n {2}a file \(FSREQ\w+\) of .*host\.test\.ts:\d+/,
    )
    const hashing = await failure(async () => await promisify(scrypt)('password', 'salt', 5))
    expect(hashing.message).toContain('cannot control:\n  a calculation of node:crypto (SCRYPTREQUEST) of')
    const packing = await failure(async () => await promisify(gzip)('text'))
    expect(packing.message).toContain('cannot control:\n  a compression (ZLIB) of')
    const racing = await failure(() => Promise.race([readFile(new URL(import.meta.url)), wait(100)]))
    expect(racing.message).toMatch(/a schedule cannot control:\n {2}a file \(FSREQ\w+\) of/)
    const fetching = await failure(async () => await fetch('http://localhost/'))
    expect(fetching.message).toContain('fetch() reaches the real network')
    const caught = await failure(() => fetch('http://localhost/').catch(() => 'offline'))
    expect(caught.message).toContain('fetch() reaches the real network')
    for (const Thread of [Worker, AnyWorker]) {
      const working = await failure(async () => void new Thread('1', { eval: true }))
      expect(working.message).toContain('a Worker is a real thread')
    }
  })

  it('loads a module, names the import()', async () => {
    const { message } = await failure(async () => await import('../jest.ts')) // which no other test loads
    expect(message).toMatch(/cannot control:\n {2}import\(\) of .*host\.test\.ts:\d+\)?\nLoad the module before/)
    await import('../jest.ts')
    await explore(async () => (await import('../jest.ts')).it)
    let runs = 0
    const second = await failure(async () => ++runs === 2 && (await import('../node-test.ts')))
    expect(second.message).toMatch(/cannot control:\n {2}import\(\) of .*host\.test\.ts:\d+/)
  })

  it('uses crypto and zlib without waiting for them, is explored', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    await explore(async () => {
      scryptSync('password', 'salt', 5, { cost: 16 })
      sign(null, Buffer.from('text'), privateKey)
      gunzipSync(gzipSync('text'))
      await wait(1)
    })
  })

  it('uses a timer that a module has kept from before, names it, also if it loses a race', async () => {
    const kept = { setTimeout, setImmediate, timeout: AbortSignal.timeout.bind(AbortSignal) }
    const programs: readonly (readonly [what: string, start: (done: () => void) => unknown])[] = [
      ['a timer', (done) => kept.setTimeout(done, 20)],
      ['an immediate', (done) => kept.setImmediate(done)],
      ['a timer', (done) => kept.timeout(20).addEventListener('abort', done)],
    ]
    for (const [what, start] of programs) {
      const ended = (): Promise<void> => new Promise((resolve) => void start(resolve))
      for (const program of [ended, () => Promise.race([ended(), wait(50)])]) {
        const { message } = await failure(async () => await program())
        expect(message).toMatch(new RegExp(`cannot control:\n {2}${what} of the real host of .*host\\.test\\.ts:\\d+`))
        expect(message).toContain('A module has kept setTimeout() or the like')
      }
    }
  })

  it('fails while a timer of the real host is open, names the timer beside the error', async () => {
    const kept = setTimeout
    const { message } = await failure(async () => {
      kept(() => {}, 20)
      throw new Error('the cause')
    })
    expect(message).toMatch(
      /the program throws Error: the cause[\s\S]*a timer of the real host of .*host\.test\.ts:\d+/,
    )
  })

  it('has the same timer again and again, shows it in one row', async () => {
    const { message } = await failure(async () => {
      for (let n = 0; n < 20; n++) await wait(5)
      throw new Error('the end')
    })
    expect(message).toMatch(/timer of .*, 20 times until 100/)
  })

  it('uses node:http, reports the socket, and not the timers that node:http sets', async () => {
    const asking = (): Promise<void> => new Promise((resolve) => void get('http://127.0.0.1:1').on('error', resolve))
    const { message } = await failure(async () => await asking())
    expect(message).toContain('cannot control:\n  a socket (TCPWRAP) of')
    expect(message).not.toContain('of the real host')
  })

  it('names a fetch() that a module has kept from before', async () => {
    const kept = fetch
    const { message } = await failure(async () => void kept('http://127.0.0.1:65000').catch(() => {}))
    expect(message).toMatch(/cannot control:\n {2}fetch\(\) of .*simulated-host\.test\.ts:\d+/)
  })

  it('uses node:crypto, gets the same random values in each run', async () => {
    const seen = new Set<string>()
    const { runs } = await explore(
      async () => {
        const later = await promisify(randomBytes)(4)
        const filled = randomFillSync(new Uint8Array(4), 1, 2)
        seen.add(`${randomUUID()} ${randomInt(1e9)} ${randomInt(5, 6)} ${randomBytes(4)} ${later} ${filled}`)
      },
      { runs: 3 },
    )
    expect({ runs, seen: seen.size }).toEqual({ runs: expect.any(Number), seen: 1 })
    expect([...seen][0]).toMatch(/^[\da-f-]{36} \d+ 5 .* 0,\d+,\d+,0$/s)
  })

  it('is not explored, and the host stays real, if a function of the host cannot be replaced', async () => {
    const { crypto, setTimeout: real } = globalThis
    vi.stubGlobal('crypto', Object.defineProperty({}, 'randomUUID', { value: crypto.randomUUID }))
    await expect(explore(async () => {})).rejects.toThrow(/randomUUID/)
    vi.unstubAllGlobals()
    expect(globalThis.setTimeout).toBe(real)
  })

  it('replaces functions of the host, and leaves them so, starts each run with the simulated ones', async () => {
    const replaced = () => [globalThis.setTimeout, globalThis.Date, performance.now, globalThis.Promise, queueMicrotask]
    const before = replaced()
    const { runs } = await explore(
      async () => {
        const { setTimeout: set, Date: RealDate } = globalThis
        const now = performance.now.bind(performance)
        if ('isFake' in set) throw new Error('an earlier run has replaced setTimeout()')
        const isFake = true
        globalThis.setTimeout = Object.assign((run: () => void, ms: number) => set(run, 2 * ms), set, { isFake })
        globalThis.Date = class extends RealDate {
          static override now = (): number => RealDate.now() + 1
        } as DateConstructor
        performance.now = () => now() + 1
        globalThis.Promise = class<T> extends Promise<T> {}
        globalThis.queueMicrotask = (run) => run()
        const times = [Date.now() % 1_000, performance.now()]
        if (times.join() !== '1,1') throw new Error(`it begins at ${times.join()}`)
        await Promise.all([wait(5), wait(6), wait(7)])
      },
      { late: 0 },
    )
    expect(runs).toBeGreaterThan(10)
    for (const [n, own] of replaced().entries()) expect(own).toBe(before[n])
  })

  it('gets what a test has put in the place of a function, in each run', async () => {
    const seen = new Set<string>()
    vi.stubGlobal('fetch', async () => {
      await wait(5)
      return { status: 204 }
    })
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    vi.spyOn(globalThis.crypto, 'randomUUID').mockReturnValue('a-b-c-d-e')
    vi.spyOn(Date, 'now').mockReturnValue(1_000)
    vi.spyOn(performance, 'now').mockReturnValue(7)
    try {
      const { covered } = await explore(async () => {
        const { status } = await fetch('http://localhost/')
        seen.add([status, Math.random(), globalThis.crypto.randomUUID(), Date.now(), performance.now()].join())
        Date.now = () => 2_000
        await Promise.all([wait(5), wait(6)])
      })
      expect({ seen: [...seen], now: Date.now() }).toEqual({ seen: ['204,0.5,a-b-c-d-e,1000,7'], now: 1_000 })
      expect(covered).toContain('times: ')
    } finally {
      vi.restoreAllMocks()
      vi.unstubAllGlobals()
    }
    expect(Date.now()).toBeGreaterThan(EPOCH_OF_RUNS)
  })

  it('never lets ticks or microtasks end, is stopped, and so are they', async () => {
    let ticks = 0
    const tick = (): void => {
      ticks++
      process.nextTick(tick)
      while (ticks > 1_000);
    }
    const { kind, message } = await failure(
      async () => {
        tick()
        await wait(1)
      },
      { maxTime: 500 },
    )
    expect(kind).toBe('endless')
    expect(message).toMatch(/at .*simulated-host\.test\.ts:\d+/)
    const before = ticks
    await new Promise((resolve) => setImmediate(resolve))
    expect(ticks).toBe(before)
    const microtask = (): Promise<unknown> => Promise.resolve().then(microtask)
    const endless = await failure(async () => await microtask(), { maxTime: 500 })
    expect(endless.message).toMatch(/at .*simulated-host\.test\.ts:\d+/)
  })

  it('has a promise that is rejected and that nothing handles, fails', async () => {
    const late = async (): Promise<void> => {
      await wait(5)
      throw new Error('too late')
    }
    const error = await failure(async () => {
      void late()
      await wait(1)
    })
    expect(error).toMatchObject({ kind: 'report' })
    expect(error.message).toContain('too late')
    const callback = await failure(async () => {
      queueMicrotask(() => {
        throw new Error('in a microtask')
      })
      await wait(1)
    })
    expect(callback.message).toContain('in a microtask')
  })

  it('starts runs of Spindle, explores their awaitables', async () => {
    const error = await failure(async () => {
      let free = 1
      function* take(ms: number): Coroutine<void> {
        if (free === 0) return
        yield* sleep(ms)
        free--
      }
      await Promise.all([run(take(5)), wait(10).then(() => run(take(5)))])
      if (free < 0) throw new Error('taken twice')
    })
    expect(error.message).toContain('taken twice')
  })
})

describe('explore(), of a coroutine that', () => {
  it('awaits promises, cancels it there, and varies their time', async () => {
    const cancelled = new Set<string>()
    const { covered } = await explore(
      function* program(): Coroutine<string> {
        yield* sleep(5)
        return yield* ensureFuture(wait(10).then(() => 'answer'))
      },
      {
        check({ task, cancelled: names }) {
          cancelled.add(names.length > 0 ? 'cancelled' : String(task.result()))
        },
      },
    )
    expect([...cancelled].sort()).toEqual(['answer', 'cancelled'])
    expect(covered).toMatch(/^cancel: (\d+) of \1, times: (\d+) of \2/)
  })

  it('awaits promises beside a Task that sleeps forever, ends', async () => {
    function* program(): Coroutine<void> {
      createTask(sleep(Number.POSITIVE_INFINITY))
      yield* ensureFuture(wait(5))
    }
    await explore(program, { runs: 5 })
  })

  it('waits for a timer of the host, is woken by it', async () => {
    await explore(function* program(): Coroutine<void> {
      const future = getRunningLoop().createFuture<void>()
      setTimeout(() => future.done() || future.setResult(), 7)
      yield* future
    })
  })
})
