// Very many calls: a random tenth throws, and after every 500 a random worker is ended. Prints the outcomes as JSON.
// Run: stress.fixture.ts <thread or process> <blocking or awaited> <calls> <seed>

import {
  BrokenExecutor,
  concurrent,
  type Executor,
  isMain,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
} from 'spindle/thread'

export function work(n: number, fails: boolean): [result: number, pid: number] {
  if (fails) throw new RangeError(`no ${n}`)
  return [2 * n, process.pid]
}

export function leave(): void {
  process.exit(1)
}

/** Ends silently: the owner has to notice that the thread is gone. */
export function vanish(): void {
  process.removeAllListeners('exit')
  process.exit(1)
}

/** Ignores requests to stop: its thread has to be ended from outside. */
export function runOn(): void {
  for (;;);
}

const EVERY = 500
const ends = { calls: 0, failing: 0, killed: 0, returned: 0, threw: 0, broke: 0, wrong: 0, twice: 0, open: 0 }

async function main(kind = '', way = '', calls = '', seed = ''): Promise<void> {
  const random = randomNumbers(Number(seed))
  const count = Number(calls)
  const executor = kind === 'thread' ? new ThreadPoolExecutor(3, { graceTime: 20 }) : new ProcessPoolExecutor(2)
  const futures =
    kind === 'thread' ? submitToThreads(executor, count, random) : submitToProcesses(executor, count, random)
  const deadline = performance.now() + 150_000
  while (ends.calls < count && performance.now() < deadline) {
    if (way === 'blocking') concurrent.wait(futures, { timeout: 10 })
    else await new Promise((resolve) => setTimeout(resolve, 10))
    for (const future of endless) if (future.running()) future.cancel()
  }
  // Shutting the pool down would settle calls that were forgotten.
  const forgotten = futures.filter((future) => !future.done())
  if (forgotten.length > 0) throw new Error(`${forgotten.length} calls never ended, the first is ${forgotten[0]}`)
  if (ends.calls < count) throw new Error(`${count - ends.calls} calls have not called back`)
  if (way === 'blocking') executor.shutdown()
  else await executor[Symbol.asyncDispose]()
  ends.open = futures.filter((future) => !future.done()).length
  console.log(JSON.stringify(ends))
}

const endless = new Set<concurrent.Future>()

/** Among 500 calls there is one, at a random place, that ends its thread, or must be ended together with it. */
function submitToThreads(executor: Executor, count: number, random: () => number): concurrent.Future[] {
  let deadly = 0
  return Array.from({ length: count }, (_, n) => {
    if (n % EVERY === 0) deadly = n + Math.floor(random() * EVERY)
    if (n !== deadly) return submitWork(executor, n, random, () => {})
    const fn = pick([leave, vanish, runOn], random)
    const future = executor.submit(fn)
    if (fn === runOn) endless.add(future)
    ends.killed++
    follow(future, (error) => {
      endless.delete(future)
      return error instanceof BrokenExecutor ? 'broke' : 'wrong'
    })
    return future
  })
}

/** After every 500 calls, kills a random process. Only the call that it ran at that moment may break. */
function submitToProcesses(executor: Executor, count: number, random: () => number): concurrent.Future[] {
  const alive = new Set<number>()
  const dead = new Set<number>() // one of their results may still be on its way
  return Array.from({ length: count }, (_, n) =>
    submitWork(executor, n, random, (pid) => {
      if (pid !== undefined && !dead.has(pid)) alive.add(pid)
      if (ends.killed >= Math.floor(ends.calls / EVERY) || ends.calls === count || alive.size === 0) return
      const victim = pick([...alive], random)
      alive.delete(victim)
      dead.add(victim)
      process.kill(victim, 'SIGKILL')
      ends.killed++
    }),
  )
}

function submitWork(
  executor: Executor,
  n: number,
  random: () => number,
  then: (pid: number | undefined) => void,
): concurrent.Future {
  const fails = random() < 0.1
  if (fails) ends.failing++
  const future = executor.submit(work, n, fails)
  follow(future, (error) => {
    const [result, pid] = error === undefined ? future.result() : []
    then(pid)
    if (error instanceof BrokenExecutor) return executor instanceof ProcessPoolExecutor ? 'broke' : 'wrong'
    if (error === undefined) return !fails && result === 2 * n ? 'returned' : 'wrong'
    return fails && error instanceof RangeError && error.message === `no ${n}` ? 'threw' : 'wrong'
  })
  return future
}

function follow(future: concurrent.Future, judge: (error: unknown) => 'returned' | 'threw' | 'broke' | 'wrong'): void {
  let isOver = false
  future.addDoneCallback(() => {
    if (isOver) ends.twice++
    isOver = true
    ends.calls++
    const error = future.exception()
    const end = judge(error)
    if (end === 'wrong' && ends.wrong === 0) console.error(`${future}`, error)
    ends[end]++
  })
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T // `random` returns less than 1
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), 1 | state)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32
  }
}

if (isMain(import.meta)) await main(...process.argv.slice(2))
