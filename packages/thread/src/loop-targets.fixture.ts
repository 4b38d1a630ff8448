// Functions that the tests of loop handles run on a thread, and call on the thread of the loop.

import { type Coroutine, type Future, getRunningLoop } from '@spindle/loop'
import { currentTask, newEventLoop, sleep as taskSleep } from '@spindle/task'
import {
  callSoonThreadsafe,
  currentThread,
  Event,
  type LoopHandle,
  runCoroutineThreadsafe,
  sleep,
  Thread,
} from './index.ts'

/** The calls on this side. */
export const log: unknown[] = []

let awaited: Future | undefined
export function awaitCall(future: Future): void {
  awaited = future
}

export function note(...values: unknown[]): void {
  log.push([currentThread().name, ...values])
}

export function settle(value: unknown): void {
  awaited?.setResult(value)
}

export function work(handle: LoopHandle, ms: number, times: number): void {
  sleep(ms)
  for (let time = 0; time < times; time++) callSoonThreadsafe(handle, note, time)
  callSoonThreadsafe(handle, settle, `${handle}`)
}

export function doNothing(_handle: LoopHandle): void {}

export function hold(_handle: LoopHandle, until: Event): void {
  until.wait()
}

export function passOn(handle: LoopHandle): void {
  const thread = new Thread({ target: work, args: [handle, 5, 1] })
  thread.start()
  thread.join()
}

/** Sends values that can't be cloned, and notes the outcome on the loop. */
export function sendNonsense(handle: LoopHandle): void {
  const errors: string[] = []
  const attempt = (call: () => void): void => {
    try {
      call()
    } catch (error) {
      errors.push(`${(error as Error).name}: ${(error as Error).message}`)
    }
  }
  attempt(() => callSoonThreadsafe(handle, () => errors))
  attempt(() => callSoonThreadsafe(handle, note, () => {}))
  attempt(() => callSoonThreadsafe({} as LoopHandle, note, 1))
  callSoonThreadsafe(handle, settle, errors)
}

/** On its own thread a loop takes any callback; it stops itself. */
export function ownLoop(seen: Event): void {
  const loop = newEventLoop()
  callSoonThreadsafe(loop, () => {
    seen.set()
    loop.stop()
  })
  loop.runForeverSync()
}

/** Calls a function of a module that the loop's thread has not loaded, and notes the outcome of a second call. */
export async function callUnloaded(handle: LoopHandle, again: boolean): Promise<void> {
  const { elsewhere } = await import('./unloaded.fixture.ts')
  callSoonThreadsafe(handle, elsewhere, 'called')
  if (!again) return
  for (let time = 0; time < 100; time++) {
    sleep(50) // until the answer has come
    try {
      callSoonThreadsafe(handle, note, 'too early')
    } catch (error) {
      return void callSoonThreadsafe(handle, settle, `${(error as Error).name}: ${(error as Error).message}`)
    }
  }
}

/** Runs on the loop for other threads. */
export function* slowly(value: number): Coroutine<string> {
  yield* taskSleep(10)
  if (value < 0) throw new RangeError('negative')
  return `${currentThread().name} ${value}`
}

export function* untilCancelled(begun: Event, cleanedUp: Event): Coroutine<void> {
  begun.set()
  try {
    yield* taskSleep(60_000)
  } finally {
    cleanedUp.set()
  }
}

export function noCoroutine(): number {
  return 3
}

export function* givesFunction(): Coroutine<() => void> {
  return () => {}
}

/** Runs coroutines on the loop, and notes their outcomes there. */
export function askLoop(handle: LoopHandle): void {
  const results: unknown[] = []
  const futures = [1, 2].map((value) => runCoroutineThreadsafe(handle, slowly, value))
  for (const future of futures) results.push(future.result())
  results.push(describeError(runCoroutineThreadsafe(handle, slowly, -1).exception()))
  results.push(describeError(runCoroutineThreadsafe(handle, noCoroutine as never).exception()))
  results.push(describeError(runCoroutineThreadsafe(handle, givesFunction).exception()))
  const [begun, cleanedUp] = [new Event(), new Event()]
  const future = runCoroutineThreadsafe(handle, untilCancelled, begun, cleanedUp)
  begun.wait()
  results.push(`accepted: ${future.cancel()}`, `cleaned up: ${cleanedUp.wait()}`)
  callSoonThreadsafe(handle, settle, results)
}

export function* cancelledOverThere(): Coroutine<void> {
  currentTask()?.cancel()
  yield* taskSleep(0)
}

/** Waits with a limit for coroutines that never end. */
export function askInVain(handle: LoopHandle): void {
  const results: unknown[] = []
  const attempt = (call: () => unknown): void => {
    try {
      results.push(call())
    } catch (error) {
      results.push((error as Error).name)
    }
  }
  const [begun, cleanedUp] = [new Event(), new Event()]
  const endless = runCoroutineThreadsafe(handle, untilCancelled, begun, cleanedUp)
  begun.wait()
  attempt(() => endless.result({ timeout: 1 }))
  attempt(() => `done: ${endless.done()}`)
  attempt(() => `accepted: ${endless.cancel()}`)
  attempt(() => `cleaned up: ${cleanedUp.wait()}`)
  attempt(() => runCoroutineThreadsafe(handle, cancelledOverThere).result())
  callSoonThreadsafe(handle, settle, results)
}

function nested(depth: number): unknown {
  let list: unknown = []
  for (let level = 0; level < depth; level++) list = [list]
  return list
}

/** Sends values that this thread, which has a larger stack, can write, but the other one can't read. */
export function sendDeep(handle: LoopHandle): void {
  const futures = [3, 5000].map((depth) => runCoroutineThreadsafe(handle, ignore, nested(depth)))
  callSoonThreadsafe(handle, note, nested(5000))
  futures.push(runCoroutineThreadsafe(handle, ignore, 3))
  const results = futures.map((future) => String(future.exception() ?? future.result()))
  try {
    callSoonThreadsafe(handle, note)
  } catch (error) {
    results.push(String(error))
  }
  callSoonThreadsafe(handle, settle, results)
}

export function* ignore(_: unknown): Coroutine<string> {
  return 'ignored'
}

/** Asks a loop whose task factory fails. */
export function askOnce(handle: LoopHandle): void {
  callSoonThreadsafe(handle, settle, describeError(runCoroutineThreadsafe(handle, slowly, 1).exception()))
}

function describeError(error: unknown): string {
  return String(error).replace(/ at .*| returned.*/, '')
}

export async function awaitLoop(handle: LoopHandle): Promise<void> {
  callSoonThreadsafe(handle, settle, await runCoroutineThreadsafe(handle, slowly, 7))
}

/** The first call can't be sent. */
export async function awaitAfterRefusal(handle: LoopHandle): Promise<void> {
  let refusal = ''
  try {
    runCoroutineThreadsafe(handle, ignore, () => {})
  } catch (error) {
    refusal = (error as Error).name
  }
  callSoonThreadsafe(handle, settle, [refusal, await runCoroutineThreadsafe(handle, slowly, 7)])
}

/** A thread with a separate loop, which waits for a coroutine of the other loop. */
export function* loopToLoop(handle: LoopHandle): Coroutine<void> {
  const value = yield* runCoroutineThreadsafe(handle, slowly, 8)
  callSoonThreadsafe(handle, settle, [value, getRunningLoop().isRunning()])
}
