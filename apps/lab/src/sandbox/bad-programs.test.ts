import { expect, it } from 'vitest'
import { OF_ANY_FORM, WRONG } from '../../test/bad-programs.ts'
import { runProgram } from './run-program.ts'
import type { RunResult } from './run-request.ts'

/** The output of a program, and its failure: the kind, the line, the message. */
async function outcomeOf(source: string): Promise<unknown[]> {
  const { recording, failure } = await new Promise<RunResult>((resolve) =>
    runProgram({ source, schedule: [], seed: 1 }, resolve),
  )
  const printed = recording.rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
  return failure === undefined ? printed : [...printed, failure.kind, failure.line, failure.message]
}

it.each([...OF_ANY_FORM, ...WRONG])(
  'runs as it would without the Lab, and advises: %s',
  async (_name, source, outcome) => {
    expect(await outcomeOf(source)).toEqual(outcome)
  },
)
