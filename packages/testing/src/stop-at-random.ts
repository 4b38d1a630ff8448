// `cancelEverywhere` in real time, where no moment can be reached twice.

import { type Coroutine, createTask, type ExceptionContext, getRunningLoop, run, sleep, type Task, wait } from 'spindle'
import { callingBack } from './calling-back.ts'
import type { CancelledRun } from './cancel-everywhere.ts'
import { type Census, census, type Holdings } from './census.ts'
import { seededRandom } from './explore/random.ts'

// The other end of a connection hears a moment later that it was closed, and it may be in this process.
const MOMENT_MS = 50
const MOMENT_TURNS = 5

// A resource that is held after this time is a leak.
const LEFT_MS = 1000

interface StopOptions<S> {
  readonly setup: (() => S | Coroutine<S>) | undefined
  readonly times: 1 | 2
  readonly stops: number
  readonly seed: number
}

/**
 * Stops a program at random moments, and compares what it held before with what it holds when the caller is told.
 * @returns the number of runs in which the Task was cancelled
 */
export async function stopAtRandom<T, S>(
  program: (given: S) => Coroutine<T>,
  check: (run: CancelledRun<T, S>) => unknown,
  { setup, times, stops, seed }: StopOptions<S>,
): Promise<number> {
  if (!(Number.isInteger(stops) && stops > 0)) throw new RangeError(`stops must be an integer > 0, got ${stops}`)
  const random = seededRandom(seed)
  const held = census()
  try {
    const whole = await stopOnce(program, check, setup, held, undefined)
    let cancelled = 0
    for (let stop = 1; stop <= stops; stop++) {
      const moments = [random() * (whole.duration + 1)]
      if (times === 2) moments.push((moments[0] as number) + random() * 5)
      if ((await stopOnce(program, check, setup, held, { stop, moments, phase: random() })).cancelled) cancelled++
    }
    return cancelled
  } finally {
    held[Symbol.dispose]()
  }
}

interface Stop {
  readonly stop: number
  /** In ms after the start of the program. */
  readonly moments: readonly number[]
  /** Where in a turn of the host: 0 to 1. */
  readonly phase: number
}

async function stopOnce<T, S>(
  program: (given: S) => Coroutine<T>,
  check: (run: CancelledRun<T, S>) => unknown,
  setup: (() => S | Coroutine<S>) | undefined,
  held: Census,
  stop: Stop | undefined,
): Promise<{ readonly duration: number; readonly cancelled: boolean }> {
  const reports: ExceptionContext[] = []
  const outcome = { duration: 0, cancelled: false }
  function* main(): Coroutine<void> {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
    const given = (setup === undefined ? undefined : yield* callingBack(setup)) as S
    const before = held.count()
    const started = performance.now()
    const task = createTask(program(given), { name: 'program' })
    const timers = (stop?.moments ?? []).map((moment) =>
      at(started + moment, stop?.phase ?? 0, () => {
        outcome.cancelled = task.cancel() || outcome.cancelled
      }),
    )
    yield* wait([task])
    outcome.duration = performance.now() - started
    for (const cancel of timers) cancel()
    yield* checkHoldings(held, before)
    yield* callingBack(() =>
      check({
        point: outcome.cancelled ? stop?.stop : undefined,
        task: task as Task<T>,
        given,
        cancelled: outcome.cancelled ? 'main' : undefined,
      }),
    )
  }
  try {
    await run(main())
    const [first] = reports
    if (first !== undefined) {
      throw new Error(`reported to the exception handler: ${first.message}`, { cause: first.exception })
    }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    const when = stop?.moments.map((moment) => `${moment.toFixed(2)} ms`).join(' and ')
    throw new Error(`${stop === undefined ? 'not stopped' : `stop ${stop.stop}, after ${when}`}: ${said}`, { cause })
  }
  return outcome
}

/** @throws Error if more is held than before: the program was told early, or has left it */
function* checkHoldings(held: Census, before: Holdings): Coroutine<void> {
  const told = performance.now()
  let more = moreThan(before, held.count())
  for (let turn = 0; more !== '' && (turn < MOMENT_TURNS || performance.now() - told < MOMENT_MS); turn++) {
    yield* sleep(1)
    more = moreThan(before, held.count())
  }
  if (more === '') return
  while (performance.now() - told < LEFT_MS) {
    yield* sleep(10)
    if (moreThan(before, held.count()) !== '') continue
    throw new Error(`told early, while it held ${more}, for ${Math.round(performance.now() - told)} ms more`)
  }
  throw new Error(`left ${moreThan(before, held.count())}`)
}

function moreThan(before: Holdings, now: Holdings): string {
  const kinds = Object.keys(before) as (keyof Holdings)[]
  const more = kinds.filter((kind) => now[kind] > before[kind])
  return more.map((kind) => `${now[kind] - before[kind]} of ${kind}`).join(', ')
}

// The types of Node may be missing.
declare const setImmediate: (callback: () => void) => void
declare const process: { nextTick(callback: () => void): void }

/** Calls a function at a time: more exact than a timer, and anywhere in a turn. Returns how to cancel that. */
function at(time: number, phase: number, callback: () => void): () => void {
  let isCancelled = false
  const fire = (): void => {
    if (!isCancelled) callback()
  }
  const wait = (): void => {
    if (isCancelled) return
    if (performance.now() < time) setImmediate(wait)
    else if (phase < 0.25) fire()
    else if (phase < 0.5) setTimeout(fire, 0)
    else if (phase < 0.75) process.nextTick(fire)
    else queueMicrotask(fire)
  }
  const ahead = time - performance.now() - 2 // a timer may be as late as that
  const timer = ahead > 0 ? setTimeout(wait, ahead) : undefined
  if (timer === undefined) wait()
  return () => {
    isCancelled = true
    clearTimeout(timer)
  }
}
