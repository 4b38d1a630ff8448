// `explore` in real time, where no moment can be reached twice.

import {
  type Coroutine,
  createTask,
  currentTask,
  type ExceptionContext,
  getRunningLoop,
  run,
  sleep,
  type Task,
  wait,
} from 'spindle'
import { isAwaitable, isError, isThenable } from 'spindle/internal'
import { type Census, census, type Holdings } from '../census.ts'
import type { ExploreContext, ExploreOptions } from '../explore/options.ts'
import type { Program } from '../explore/program.ts'
import { calling } from '../run/explored-run.ts'
import { seededRandom } from '../schedule/random.ts'

const DEFAULT_STOPS = 100

// The other end of a connection hears a moment later that it was closed, and it may be in this process.
const MOMENT_MS = 50
const MOMENT_TURNS = 5

// A resource that is held after this time is a leak.
const LEFT_MS = 1000

/**
 * Stops a program at random moments, and compares its resources before with its resources when the caller continues.
 * @returns the number of runs, and of runs that were cancelled
 */
export async function stopAtRandom<T, S>(
  program: Program<S, T>,
  options: ExploreOptions<S, T>,
): Promise<{ readonly runs: number; readonly stopped: number }> {
  const { runs = DEFAULT_STOPS, seed = 1, cancel = 'main', signal } = options
  const random = seededRandom(seed)
  const held = census()
  try {
    const { duration } = await stopOnce(program, options, held, undefined)
    let stopped = 0
    for (let stop = 1; stop <= runs && signal?.aborted !== true; stop++) {
      const moments = [random() * (duration + 1)]
      if (cancel.endsWith('twice')) moments.push((moments[0] as number) + random() * 5)
      if ((await stopOnce(program, options, held, { stop, moments, phase: random() })).isCancelled) stopped++
    }
    return { runs: runs + 1, stopped }
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
  program: Program<S, T>,
  { setup, check }: ExploreOptions<S, T>,
  held: Census,
  stop: Stop | undefined,
): Promise<{ readonly duration: number; readonly isCancelled: boolean }> {
  const reports: ExceptionContext[] = []
  const outcome = { duration: 0, isCancelled: false }
  function* main(): Coroutine<void> {
    getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
    const controller = new AbortController()
    const context: ExploreContext = { signal: controller.signal }
    const given = (setup === undefined ? context : yield* calling(() => setup(context))) as S
    const before = held.count()
    const started = performance.now()
    const own = currentTask()
    const ending = program(given)
    const isPromise = !isAwaitable(ending) && isThenable(ending)
    if (isPromise) ending.then(undefined, () => {}) // its Task may begin after it was aborted
    const coroutine = (isPromise ? calling(() => ending) : ending) as Coroutine<T>
    const task = createTask(coroutine, { name: 'program' })
    const timers = (stop?.moments ?? []).map((moment) =>
      at(started + moment, stop?.phase ?? 0, () => {
        outcome.isCancelled ||= !task.done()
        if (!isPromise) task.cancel() // a promise goes on, and only its signal says that it should end
        controller.abort()
      }),
    )
    yield* wait([task])
    if (isPromise && outcome.isCancelled) task.exception() // it may say that it was aborted
    outcome.duration = performance.now() - started
    for (const cancel of timers) cancel()
    const left = [...getRunningLoop().tasks].filter((one) => one !== own).map((one) => (one as Task).getName())
    yield* checkHoldings(held, before)
    if (check === undefined) return
    yield* calling(() => check({ given, task, cancelled: outcome.isCancelled ? ['main'] : [], left }))
  }
  try {
    await run(main())
    const [first] = reports
    if (first !== undefined) {
      throw new Error(`reported to the exception handler: ${first.message}`, { cause: first.exception })
    }
  } catch (cause) {
    const said = isError(cause) ? cause.message : String(cause)
    const when = stop?.moments.map((moment) => `${moment.toFixed(2)} ms`).join(' and ')
    throw new Error(`${stop === undefined ? 'not stopped' : `stop ${stop.stop}, after ${when}`}: ${said}`, { cause })
  }
  return outcome
}

/** @throws Error if the program holds more than before: the caller continued too early, or the program has leaked */
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
  const ways = [fire, () => setTimeout(fire, 0), () => process.nextTick(fire), () => queueMicrotask(fire)]
  const wait = (): void => {
    if (isCancelled) return
    if (performance.now() < time) setImmediate(wait)
    else ways[Math.floor(phase * ways.length)]?.()
  }
  const ahead = time - performance.now() - 2 // a timer may be as late as that
  const timer = ahead > 0 ? setTimeout(wait, ahead) : undefined
  if (timer === undefined) wait()
  return () => {
    isCancelled = true
    clearTimeout(timer)
  }
}
