// Tools for judges: the facts of a run, and ways to run the program again. A judge relies on the output of the given
// lines and on the recording, never on the output of the learner's own lines.

import type { Recording, Row } from '@spindle/inspect'
import * as testing from '@spindle/testing'
import { type Coroutine, createTask, type run as runType, sleep, wait } from 'spindle'

/** Something that the program printed. */
export interface Print {
  readonly text: string
  readonly task: number
  readonly time: number
  /** An index into the rows of the recording. */
  readonly row: number
  /** Whether a given line of the exercise printed it. */
  readonly isGiven: boolean
}

export interface TaskFacts {
  readonly number: number
  readonly parent: number
  readonly name: string
  /** The name of the coroutine function that it runs. */
  readonly of: string
  /** undefined: it has not ended. */
  readonly outcome: 'returned' | 'threw' | 'cancelled' | undefined
}

/** The facts of one run. */
export interface RunFacts {
  readonly rows: readonly Row[]
  /** When its last event happened, in ms. */
  readonly time: number
  readonly tasks: readonly TaskFacts[]
  /** The output of the given lines, with times. */
  readonly prints: readonly Print[]
  /** The texts of `prints`. */
  readonly said: readonly string[]
  /** The output of the given lines after the judge's first cancel. */
  readonly saidAfterCancel: readonly string[]
  /** The ms from the judge's first cancel to the end; 0 without one. */
  readonly sinceCancel: number
}

/** A run that a judge asked for. */
export interface AnotherRun extends RunFacts {
  readonly result: unknown
  /** The error that the program threw. */
  readonly error: Error | undefined
}

export function runFacts({ rows }: Recording, all: readonly Print[], coroutines: readonly string[]): RunFacts {
  const prints = all.filter(({ isGiven }) => isGiven)
  const outcomes = new Map(rows.flatMap((row) => (row.kind === 'done' ? [[row.task, row.outcome] as const] : [])))
  const cancel = rows.findIndex((row) => row.kind === 'cancelling' && row.source === 'judge')
  const time = rows.at(-1)?.time ?? 0
  return {
    rows,
    time,
    sinceCancel: time - (rows[cancel]?.time ?? time),
    prints,
    said: prints.map(({ text }) => text),
    saidAfterCancel: prints.flatMap(({ row, text }) => (cancel !== -1 && row > cancel ? [text] : [])),
    tasks: rows.flatMap((row) => {
      if (row.kind !== 'created') return []
      const { task, parent, name } = row
      return [{ number: task, parent, name, of: coroutines[task - 1] ?? '', outcome: outcomes.get(task) }]
    }),
  }
}

interface Expected {
  readonly result?: unknown
  /** When it ends, in ms. */
  readonly time?: number
  /** It ends then, or earlier. */
  readonly atMost?: number
  /** Lines that the given code has printed by then, in any order. */
  readonly says?: readonly string[]
}

/** Runs a coroutine function as a separate program, and returns the facts of that run. */
type Again = (main: () => Coroutine<unknown>) => Promise<AnotherRun>

/** The parameter `lab` of a judge. */
export function judgeTools(program: {
  /** From here on, each new loop has its own recording. */
  readonly begin: () => void
  readonly facts: () => RunFacts
  readonly run: typeof runType
}): object {
  const { begin, facts, run } = program
  const again: Again = async (main) => {
    begin()
    try {
      return { result: await run(thenTurns(main)), error: undefined, ...facts() }
    } catch (error) {
      return { ...facts(), result: undefined, error: error instanceof Error ? error : new Error(String(error)) }
    }
  }
  return {
    get run(): RunFacts {
      return facts()
    },
    again,
    explore: (...args: Parameters<typeof testing.explore>) => {
      begin()
      return testing.explore(...args)
    },
    check,
    ended,
    cases,
    /** It ends without an error, and as expected. `when` describes the case. */
    async expect(when: string, main: () => Coroutine<unknown>, expected: Expected = {}): Promise<AnotherRun> {
      const found = await again(main)
      const { error } = found
      check(error?.name !== 'DeadlockError', `${when}, and it waits forever`)
      check(error === undefined, `${when}, and it fails: ${error?.message || error?.name}`)
      meets(when, found, expected)
      leavesNothing(when, found)
      return found
    },
    /** It ends with an error that has this message, or with a group that has one. */
    async expectError(message: string, main: () => Coroutine<unknown>, expected: Expected = {}): Promise<AnotherRun> {
      const found = await again(main)
      const said = found.error === undefined ? [] : errorsIn(found.error).map((each) => each.message)
      check(said.includes(message), `"${message}" was thrown, and the caller does not hear of it`)
      meets(message, found, expected)
      leavesNothing(message, found)
      return found
    },
    /** Runs it with a cancel at each moment, and without. A cancelled run ends as cancelled, and leaves nothing. */
    cancelEverywhere(
      main: () => Coroutine<unknown>,
      look: (run: RunFacts, isCancelled: boolean) => void = () => {},
      cancel: 'main' | 'main twice' = 'main',
    ): Promise<testing.Exploration> {
      begin()
      return testing.explore(main, {
        cancel,
        times: 'written',
        check({ cancelled, left, task }) {
          const isCancelled = cancelled.length > 0
          look(facts(), isCancelled)
          check(!isCancelled || task.cancelled() || wasPutOff(task), 'it did not end as cancelled')
          check(left.length === 0, 'it has ended, and a Task that it started runs on')
        },
      })
    },
    /** Cancels it after so many ms. It ends as cancelled, and at once unless another time is given. */
    async cancelAt(moment: number, main: () => Coroutine<unknown>, ends: number = moment): Promise<RunFacts> {
      const when = `it was cancelled after ${moment} ms`
      let isCancelled = false
      const found = await again(function* () {
        const task = createTask(main())
        yield* sleep(moment)
        task.cancel(`at point ${moment}`)
        yield* wait([task])
        isCancelled = task.cancelled() || wasPutOff(task)
      })
      check(isCancelled, `${when}, but did not end as cancelled`)
      check(found.time === ends, `${when}, and ended after ${found.time} ms, not ${ends} ms`)
      leavesNothing(when, found)
      return found
    },
  }
}

function check(holds: unknown, message: string): void {
  if (!holds) throw new Error(message)
}

function meets(when: string, { result, time, said }: AnotherRun, expected: Expected): void {
  const [wanted, found] = [expected.result, result].map((each) => JSON.stringify(each))
  check(!('result' in expected) || wanted === found, `${when}, and it returns ${found}, not ${wanted}`)
  const { time: exactly = time, atMost = time, says = [] } = expected
  for (const line of says) check(said.includes(line), `${when}, and it ends without "${line}"`)
  check(time === exactly, `${when}, and it takes ${time} ms, not ${exactly} ms`)
  check(time <= atMost, `${when}, and it takes ${time} ms; ${atMost} ms are enough`)
}

/** Runs `main`, then gives Tasks that are about to end the turns they need, before the judge counts what is left. */
function* thenTurns(main: () => Coroutine<unknown>): Coroutine<unknown> {
  try {
    return yield* main()
  } finally {
    for (let turn = 0; turn < 3; turn++) yield* sleep(0)
  }
}

/** Whether the message of a request is that of a judge: of `explore()`, and of `cancelAt()`. */
export function isOfJudge(message: string): boolean {
  return /^at point \d/.test(message)
}

/** Left are the Tasks that `run()` cancels at its end. */
function leavesNothing(when: string, { rows }: RunFacts): void {
  const isLeft = rows.some((row) => row.kind === 'cancelling' && row.source === 'run')
  check(!isLeft, `${when}, and it has ended, but a Task that it started runs on`)
}

/** Makes inputs like the given ones, so that no answer can be written for them alone. */
interface Pick {
  /** A whole number of ms, from `least` to `most`. */
  ms(least: number, most: number): number
  one<T>(of: readonly T[]): T
  /** Some of them, or none, or all. */
  some<T>(of: readonly T[]): T[]
}

/** Returns `count` inputs made by `make`, the same ones in each check. */
function* cases<T>(count: number, make: (pick: Pick) => T): Generator<T> {
  let state = 7
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  const pick: Pick = {
    ms: (least, most) => least + below(most - least + 1),
    one: (of) => of[below(of.length)]!,
    some: (of) => of.filter(() => below(2) === 1),
  }
  for (let n = 0; n < count; n++) yield Object.freeze(make(pick))
}

/** Whoever has printed the first of the words, as in `one: opened`, has printed the second, too. */
function ended(when: string, { said }: RunFacts, begins: string, ends: string): void {
  for (const line of said.filter((each) => each.endsWith(`: ${begins}`))) {
    const wanted = line.replace(begins, ends)
    check(said.includes(wanted), `${when}, and it ends without "${wanted}"`)
  }
}

/** An error, and the errors of a group, at any depth. */
function errorsIn(error: Error): Error[] {
  return [error, ...('errors' in error ? (error.errors as Error[]).flatMap(errorsIn) : [])]
}

/** Whether its request was held back and never delivered, because the Task returned before: nothing was swallowed. */
function wasPutOff(task: object): boolean {
  return (task as { readonly isCancelPutOff?: boolean }).isCancelPutOff === true
}
