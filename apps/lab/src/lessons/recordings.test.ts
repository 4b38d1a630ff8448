import { readFileSync } from 'node:fs'
import { parseRecording, type Recording, type Row, summary, validate } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { recordAsyncio, recordThreads } from '../../recordings/record.ts'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunResult } from '../sandbox/run-request.ts'
import { parseLesson } from './lesson.ts'

const lesson = parseLesson(readFileSync(new URL('05-four-spinners.md', import.meta.url), 'utf8'))
const textOf = (name: string): string =>
  readFileSync(new URL(`../../recordings/${name}.jsonl`, import.meta.url), 'utf8')

const prints = ({ rows }: Recording): string[] =>
  rows.flatMap((row) => (row.kind === 'print' ? [`${row.time} ${row.text}`] : []))
const endOf = ({ rows }: Recording, task: number): Row | undefined =>
  rows.find((row) => row.kind === 'done' && row.task === task)

/** The output after the stop. */
function afterStop({ rows }: Recording): string[] {
  const texts = rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
  return texts.slice(texts.findIndex((text) => text.startsWith('main has said stop')) + 1)
}

const CLAIMS: Record<string, (recording: Recording) => void> = {
  asyncio: (recording) => {
    expect(endOf(recording, 2)).toMatchObject({ outcome: 'cancelled' })
    expect(recording.rows.find(({ kind }) => kind === 'cancelling')).toMatchObject({ by: 1, task: 2, line: 14 })
    expect(summary(recording)).toBe(
      'main cancels spinner at line 14. spinner receives the CancelledError at line 7 and ends cancelled.',
    )
  },
  thread: (recording) => {
    // It may have looked just before.
    expect(afterStop(recording).length).toBeLessThanOrEqual(2)
    expect(afterStop(recording).at(-1)).toBe('the spinner ends')
    expect(recording.rows.some(({ kind }) => kind === 'cancelling')).toBe(false)
  },
  executor: (recording) => {
    expect(recording.rows).toContainEqual(expect.objectContaining({ kind: 'print', text: 'main has said stop: false' }))
    expect(recording.rows.find(({ kind }) => kind === 'cancelling')).toMatchObject({ by: 1, task: 2 })
    expect(prints(recording).length).toBe('|/-|/-|/-'.length + 2)
    expect(afterStop(recording).length).toBeGreaterThan(3)
    expect(endOf(recording, 2)).toMatchObject({ outcome: 'returned' })
  },
}

describe.each(lesson.recordings.map(({ name }) => name))('the recording %s of lesson 5', (name) => {
  it('can be read, and shows the text of the lesson', () => {
    expect(validate(textOf(name))).toEqual([])
    CLAIMS[name]?.(parseRecording(textOf(name)))
  })
})

it('asyncio prints the same lines as the Lab, at the same times', async () => {
  const { recording } = await new Promise<RunResult>((resolve) =>
    runProgram({ source: lesson.program, schedule: [], seed: 1 }, resolve),
  )
  expect(prints(parseRecording(textOf('asyncio')))).toEqual(prints(recording))
})

describe.runIf(longForm)('made again', () => {
  it('asyncio is the same', async () => {
    expect(await recordAsyncio(), 'write it again: npx tsx apps/lab/recordings/record.ts').toBe(textOf('asyncio'))
  })

  it.each(['thread', 'executor'] as const)('%s shows the text of the lesson', (name) => {
    const text = recordThreads(name)
    expect(validate(text)).toEqual([])
    CLAIMS[name]?.(parseRecording(text))
  })
})
