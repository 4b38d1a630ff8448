// Stops a program at random moments, and counts from outside what is still held when the caller is told.
import { parseArgs } from 'node:util'
import { census } from '@spindle/testing'
import { type Coroutine, call, currentTask, run } from 'spindle'

/** A piece of work, written twice: in coroutines, and in plain TypeScript with the package's own way to stop it. */
export interface Work {
  readonly spindle: () => Coroutine<unknown>
  readonly plain: (signal: AbortSignal) => Promise<unknown>
  /** What is held at the other end: requests at the server, queries in the database. */
  readonly held?: () => number | Promise<number>
  /** How often the work was done, by the other end: whoever is told otherwise is told an untruth. */
  readonly done?: () => number | Promise<number>
  /** Whether processes count. @default true */
  readonly processes?: boolean
  /** Ends what a run in plain TypeScript has left, as the next run would be counted with it. */
  readonly tidy?: () => unknown
}

interface Counts {
  stops: number
  /** The caller was told while something was still held, which ended by itself within a second. */
  early: number
  /** It was held for longer. */
  left: number
  /** The caller got a result that is not whole, as if it were. */
  half: number
  /** The caller was told that the work was not done, and it was; or the other way round. */
  untrue: number
}

const { values: options } = parseArgs({
  strict: false, // programs have options of their own
  options: { stops: { type: 'string', default: '20' }, plain: { type: 'string' }, double: { type: 'string' } },
})

/**
 * Does the work once and prints what it returns. Then stops it at random moments, `--stops 20` times, some of them
 * twice (`--double`, a fifth), and prints the counts. `--plain 0` leaves plain TypeScript out.
 */
export function* stopped(work: Work): Coroutine<void> {
  const stops = Number(options.stops)
  const double = Number(options.double ?? Math.ceil(stops / 5))
  const plain = Number(options.plain ?? stops)
  console.log('not stopped:', yield* work.spindle())
  const coroutine: Attempt = (signal) => run(work.spindle(), { signal })
  // A signal aborts once: the second stop is another signal's.
  const coroutineTwice: Attempt = (signal, again) => run(twoSignals(work.spindle, again), { signal })
  yield* call(async (signal) => {
    const told = async (attempt: Attempt, times: number, each: 1 | 2): Promise<string> =>
      text(await stopping(attempt, work, times, each, signal), work.done !== undefined)
    console.log(`Spindle, ${await told(coroutine, stops, 1)}`)
    console.log(`Spindle, stopped twice, ${await told(coroutineTwice, double, 2)}`)
    if (plain > 0) console.log(`plain TypeScript, ${await told(work.plain, plain, 1)}`)
  })
}

type Attempt = (signal: AbortSignal, again: AbortSignal) => Promise<unknown>

function text({ stops, early, left, half, untrue }: Counts, hasTruth: boolean): string {
  const counts = `${stops} stops: told early ${early}, left ${left}, half a result ${half}`
  return hasTruth ? `${counts}, untrue ${untrue}` : counts
}

const KINDS = ['files', 'processes', 'timers', 'iterators', 'at the other end']
/** How many there are of each kind. */
type Holdings = readonly number[]

async function stopping(
  work: Attempt,
  { held = () => 0, done = () => Number.NaN, processes: counted = true, tidy }: Work,
  stops: number,
  times: 1 | 2,
  ending: AbortSignal,
): Promise<Counts> {
  const counts: Counts = { stops, early: 0, left: 0, half: 0, untrue: 0 }
  const program = census()
  const count = async (): Promise<Holdings> => {
    const { files, processes, timers, iterators } = program.count()
    return [files, counted ? processes : 0, timers, iterators, await held()]
  }
  const idle = await count()
  const started = performance.now()
  const whole = JSON.stringify(await work(ending, ending))
  const duration = performance.now() - started
  await heldMore(count, idle, 100) // a pool keeps its connections
  let before = await count()
  for (let n = 0; n < stops; n++) {
    const stop = new AbortController()
    const again = new AbortController()
    const moment = Math.random() * duration
    const timers = [setTimeout(() => stop.abort(), moment)]
    if (times === 2) timers.push(setTimeout(() => again.abort(), moment + 5 * Math.random()))
    const doneBefore = await done()
    const result = await work(AbortSignal.any([stop.signal, ending]), again.signal).then(
      JSON.stringify,
      () => undefined,
    )
    if ((await done()) - doneBefore === (result === undefined ? 1 : 0)) counts.untrue++
    for (const timer of timers) clearTimeout(timer)
    ending.throwIfAborted() // the program has to end
    if (result !== undefined && result !== whole) counts.half++
    // The other end hears a moment later that a connection was closed.
    const more = await heldMore(count, before, 10)
    if (more === '') continue
    console.error(`held when the caller was told: ${more}`)
    if ((await heldMore(count, before, 500)) === '') counts.early++
    else {
      counts.left++
      await tidy?.()
      before = await count()
    }
  }
  program[Symbol.dispose]()
  return counts
}

/**
 * Looks every 2 ms, at most so many times, until no more is held than before; names the kinds of which more is left. On
 * a busy machine a turn takes longer, because the other end is as late as this program.
 */
async function heldMore(count: () => Promise<Holdings>, before: Holdings, turns: number): Promise<string> {
  let more: string[] = []
  for (let turn = 0; turn < turns; turn++) {
    const added = (await count()).map((held, kind) => held - (before[kind] ?? 0))
    more = KINDS.flatMap((name, kind) => ((added[kind] ?? 0) > 0 ? [`${name} ${added[kind]}`] : []))
    if (more.length === 0) break
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return more.join(', ')
}

function* twoSignals(work: () => Coroutine<unknown>, again: AbortSignal): Coroutine<unknown> {
  const task = currentTask()
  const cancel = (): void => void task?.cancel('stopped twice')
  again.addEventListener('abort', cancel)
  try {
    return yield* work()
  } finally {
    again.removeEventListener('abort', cancel)
  }
}
