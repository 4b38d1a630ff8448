// Pools under random events: workers die, calls time out or are aborted, streams are abandoned, pools are terminated.
// In every case, each call and each stream ends exactly once with a correct result, and nothing is left of the pool.
// Run: random-pools.fixture.ts <thread or process> <first seed> <pools>
// Prints the failures and the number of calls.

import { isMainThread } from 'node:worker_threads'
import { CancelledError, TimeoutError } from 'spindle'
import {
  BrokenExecutor,
  concurrent,
  type Executor,
  enumerate,
  isMain,
  ProcessPoolExecutor,
  stopRequested,
  ThreadPoolExecutor,
  threading,
} from 'spindle/thread'
import { randomFrom } from './random-from.fixture.ts'

export function double(n: number): number {
  return 2 * n
}

export async function later(n: number): Promise<number> {
  await pause(n % 5)
  return 2 * n
}

export function fail(n: number): never {
  throw new RangeError(`no ${n}`)
}

export function block(n: number): number {
  threading.sleep(n % 4)
  return 2 * n
}

export function large(n: number): Uint8Array {
  return new Uint8Array(n * 2000)
}

export function closure(): () => void {
  return () => {}
}

export function identity(value: unknown): unknown {
  return value
}

export function leave(): never {
  process.exit(1)
}

/** Ends silently: the pool has to notice that its worker is gone. */
export function vanish(): never {
  if (isMainThread) process.kill(process.pid, 'SIGKILL')
  process.removeAllListeners('exit')
  process.exit(1)
}

export async function untilStopped(n: number): Promise<number> {
  while (!stopRequested()) await pause(1)
  return 2 * n
}

export function runOn(): never {
  for (;;);
}

export async function* count(limit: number): AsyncGenerator<number> {
  for (let n = 0; n < limit; n++) {
    if (n % 7 === 3) await pause(1)
    yield n
  }
}

const PATIENCE = 60_000 // if nothing ends for this long, nothing will

interface Kind {
  readonly weight: number
  readonly submit: (n: number) => concurrent.Future
  /** Whether it has ended correctly. */
  readonly isRight: (future: concurrent.Future, n: number) => boolean
  /** Whether it runs until it is requested to stop. */
  readonly needsStop?: boolean
}

interface Call {
  readonly kind: Kind
  readonly n: number
  readonly future: concurrent.Future
  wasCancelled: boolean
  ends: number
}

const doubled = (future: concurrent.Future, n: number): boolean => future.result() === 2 * n
const broke = (future: concurrent.Future): boolean => future.exception() instanceof BrokenExecutor
const timedOut = (future: concurrent.Future): boolean => future.exception() instanceof TimeoutError
const aborted = (future: concurrent.Future): boolean => future.exception() === REASON
const REASON = new Error('aborted')
const refused = (future: concurrent.Future): boolean => future.exception() instanceof TypeError

async function onePool(isProcess: boolean, seed: number): Promise<number> {
  const below = randomFrom(seed)
  const wrong = (call: Call, what: string): void =>
    console.log(`seed ${seed}: call ${calls.indexOf(call)} ${what}: ${call.future} of ${call.kind.submit}`)

  const workers = 1 + below(3)
  const graceTime = below(2) === 0 ? undefined : below(20)
  const maxTasksPerChild = below(3) === 0 ? 1 + below(3) : undefined
  const pool = isProcess
    ? new ProcessPoolExecutor(workers, { graceTime, maxTasksPerChild })
    : new ThreadPoolExecutor(workers, { graceTime, maxTasksPerChild })

  const kinds: Kind[] = [
    { weight: 10, submit: (n) => pool.submit(double, n), isRight: doubled },
    { weight: 3, submit: (n) => pool.submit(later, n), isRight: doubled },
    { weight: 3, submit: (n) => pool.submit(block, n), isRight: doubled },
    {
      weight: 3,
      submit: (n) => pool.submit(fail, n),
      isRight: (future, n) => String(future.exception()) === `RangeError: no ${n}`,
    },
    {
      weight: 1,
      submit: (n) => pool.submit(large, n),
      isRight: (future, n) => (future.result() as Uint8Array).length === n * 2000,
    },
    { weight: 1, submit: () => pool.submit(closure), isRight: refused },
    { weight: 1, submit: () => pool.submit(identity, () => {}), isRight: refused },
    { weight: 1, submit: () => pool.submit(leave), isRight: broke },
    { weight: 1, submit: () => pool.submit(vanish), isRight: broke },
    { weight: 1, submit: (n) => pool.submit(untilStopped, n), isRight: doubled, needsStop: true },
    {
      weight: 1,
      submit: (n) => pool.with({ timeout: below(10), graceTime: 60_000 }).submit(untilStopped, n),
      isRight: timedOut,
    },
    { weight: 1, submit: () => pool.with({ timeout: below(10), graceTime: 5 }).submit(runOn), isRight: timedOut },
    {
      weight: 1,
      submit: (n) => pool.with({ signal: abortedAfter(below(10)), graceTime: 60_000 }).submit(untilStopped, n),
      isRight: aborted,
    },
    { weight: graceTime === undefined ? 0 : 1, submit: () => pool.submit(runOn), isRight: broke, needsStop: true },
  ]
  const lots = kinds.flatMap((kind) => Array<Kind>(kind.weight).fill(kind))

  const calls: Call[] = []
  const streams: Promise<string | undefined>[] = []
  for (let step = 0; step < 40; step++) {
    const kind = lots[below(lots.length)] as Kind
    const n = below(100)
    const call: Call = { kind, n, future: kind.submit(n), wasCancelled: false, ends: 0 }
    call.future.addDoneCallback(() => call.ends++)
    calls.push(call)
    const other = calls[below(calls.length)] as Call
    const what = below(20)
    if (what < 2) cancel(other)
    else if (what === 2) concurrent.wait([other.future], { timeout: below(4) })
    else if (what === 3) await pause(below(4))
    else if (what === 4) threading.sleep(below(4))
    else if (what === 5) other.future.done()
    else if (what === 6) streams.push(oneStream(pool, below(60), below(3) === 0 ? below(60) : 60))
  }

  const open = (): Call[] => calls.filter(({ future }) => !future.done())
  const way = below(5)
  if (way === 0) pool.shutdown({ wait: false })
  if (way === 1) pool.shutdown({ wait: false, cancelFutures: true })
  if (way === 4) pool.terminate()
  let [left, deadline] = [Infinity, 0]
  for (let rest = open(); rest.length > 0; rest = open()) {
    if (rest.length < left) [left, deadline] = [rest.length, performance.now() + PATIENCE]
    else if (performance.now() > deadline) break
    for (const call of rest) if (call.kind.needsStop) cancel(call)
    if (below(2) === 0) concurrent.wait(futuresOf(rest), { timeout: 5 })
    else await pause(5)
  }
  const patience = new Promise<string>((resolve) => setTimeout(resolve, PATIENCE, 'is open').unref())
  for (const stream of streams) {
    const what = await Promise.race([stream, patience])
    if (what !== undefined) console.log(`seed ${seed}: stream ${streams.indexOf(stream)} ${what}`)
  }
  if (way === 2) pool.shutdown()
  if (way === 3) await pool[Symbol.asyncDispose]()

  for (const call of calls) {
    const { future, kind, n } = call
    if (!future.done()) wrong(call, 'is open')
    else if (call.ends !== 1) wrong(call, `has told ${call.ends} times that it is done`)
    else if (future.cancelled()) continue
    else if (call.wasCancelled && graceTime !== undefined && broke(future))
      continue // it did not stop in time
    else if (way === 4 && broke(future)) continue
    else if (!isRight(kind, future, n)) wrong(call, `has ended otherwise, with ${future.exception()}`)
  }
  for (deadline = performance.now() + PATIENCE; enumerate().length > 1 && performance.now() < deadline; ) await pause(5)
  if (enumerate().length > 1) console.log(`seed ${seed}: there is left ${enumerate()}`)
  return calls.length
}

/** Takes `wanted` items, and returns the problems with them. */
async function oneStream(pool: Executor, length: number, wanted: number): Promise<string | undefined> {
  let taken = 0
  try {
    for await (const item of pool.stream(count, length)) {
      if (item !== taken++) return `has item ${item} at ${taken - 1}`
      if (taken > wanted) return undefined
    }
  } catch (error) {
    const isEnd = error instanceof BrokenExecutor || error instanceof CancelledError
    return isEnd ? undefined : `has ended otherwise, with ${error}`
  }
  return taken === length ? undefined : `has ${taken} items of ${length}`
}

function abortedAfter(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(REASON), ms)
  return controller.signal
}

function futuresOf(calls: readonly Call[]): concurrent.Future[] {
  return calls.map(({ future }) => future)
}

function cancel(call: Call): void {
  call.wasCancelled = true
  call.future.cancel()
}

function isRight(kind: Kind, future: concurrent.Future, n: number): boolean {
  try {
    return kind.isRight(future, n)
  } catch {
    return false // it has failed, but should have returned a result
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

if (isMain(import.meta)) {
  const [kind, seed, pools] = process.argv.slice(2)
  let calls = 0
  for (let n = 0; n < Number(pools); n++) calls += await onePool(kind === 'process', Number(seed) + n)
  console.log(`${calls} calls`)
}
