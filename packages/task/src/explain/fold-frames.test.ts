import { type Coroutine, ExceptionGroup } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { run } from '../run/run.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { timeout } from '../scopes/timeout.ts'

const HERE = /^ {4}at (\w+) \(.*fold-frames\.test\.ts:\d+:\d+\)$/

function* read(cause?: unknown) {
  yield* sleep(0)
  throw new Error('no file', cause === undefined ? {} : { cause })
}

function framesOf(error: unknown): string[] {
  const lines = ((error as Error).stack ?? '').split('\n').slice(1)
  return lines.map((line) => HERE.exec(line)?.[1] ?? line)
}

const failureOf = (main: () => Coroutine<unknown>): Promise<Error> =>
  run(main).then(
    () => new Error('did not fail'),
    (error) => error,
  )

describe('The stack of an error that leaves a run', () => {
  it('has the frames of the user alone, and so have its causes and the members of a group', async () => {
    const plain = await failureOf(function* main() {
      yield* read()
    })
    const caused = await failureOf(function* main() {
      yield* read(yield* failureInside())
    })
    const group = await failureOf(function* main() {
      yield* taskGroup(function* (tasks) {
        tasks.createTask(read())
      })
    })
    expect([plain, caused.cause, group, ...(group as ExceptionGroup).errors].map(framesOf)).toEqual([
      ['read', 'main'],
      ['read', 'failureInside', 'main'],
      ['main'],
      ['read'],
    ])
  })

  it('has the line of a time limit, whose own frames are Spindle’s', async () => {
    const late = await failureOf(function* main() {
      yield* timeout(0, () => sleep(1000))
    })
    expect(framesOf(late)).toEqual(['main'])
  })

  it('is left as it is if no frame of it is the user’s, or if the error is frozen', async () => {
    const foreign = new Error('foreign')
    foreign.stack = 'Error: foreign\n    at readFileSync (node:fs:452:35)'
    const frozen = Object.freeze(new Error('frozen'))
    const { stack } = frozen
    const group = new ExceptionGroup('both', [foreign, frozen])
    await failureOf(function* main() {
      yield* sleep(0)
      throw group
    })
    expect([foreign.stack, frozen.stack]).toEqual(['Error: foreign\n    at readFileSync (node:fs:452:35)', stack])
  })
})

function* failureInside() {
  let failure: unknown
  try {
    yield* read()
  } catch (error) {
    failure = error
  }
  return failure
}
