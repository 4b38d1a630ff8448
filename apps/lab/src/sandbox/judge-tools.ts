// What a judge can use: the facts of a run, and ways to run the program again. A judge relies on what the given lines
// print and on the recording, never on what the learner's lines say about themselves.

import type { Recording, Row } from '@spindle/inspect'
import * as testing from '@spindle/testing'
import type { Coroutine, run as runType } from 'spindle'

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

/** What is known of one run. */
export interface RunFacts {
  readonly rows: readonly Row[]
  /** When its last event happened, in ms. */
  readonly time: number
  readonly tasks: readonly TaskFacts[]
  /** What the given lines printed, and when. */
  readonly prints: readonly Print[]
  /** The same, as texts. */
  readonly said: readonly string[]
  /** What the given lines printed after the judge's first cancel. */
  readonly saidAfterCancel: readonly string[]
}

/** A run that a judge asked for. */
export interface AnotherRun extends RunFacts {
  readonly result: unknown
  /** What the program threw. */
  readonly error: Error | undefined
}

export function runFacts({ rows }: Recording, all: readonly Print[], coroutines: readonly string[]): RunFacts {
  const prints = all.filter(({ isGiven }) => isGiven)
  const outcomes = new Map(rows.flatMap((row) => (row.kind === 'done' ? [[row.task, row.outcome] as const] : [])))
  const cancel = rows.findIndex((row) => row.kind === 'cancelling' && row.source === 'judge')
  return {
    rows,
    time: rows.at(-1)?.time ?? 0,
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

/** The parameter `lab` of a judge. */
export function judgeTools(program: {
  /** From here on, each new loop has a recording of its own. */
  readonly begin: () => void
  readonly facts: () => RunFacts
  readonly run: typeof runType
}): object {
  const { begin, facts, run } = program
  return {
    get run(): RunFacts {
      return facts()
    },
    async again(main: () => Coroutine<unknown>): Promise<AnotherRun> {
      begin()
      try {
        return { result: await run(main()), error: undefined, ...facts() }
      } catch (error) {
        return { ...facts(), result: undefined, error: error instanceof Error ? error : new Error(String(error)) }
      }
    },
    explore: (...args: Parameters<typeof testing.explore>) => {
      begin()
      return testing.explore(...args)
    },
    check(holds: unknown, message: string): void {
      if (!holds) throw new Error(message)
    },
  }
}
