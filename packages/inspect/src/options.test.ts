import { getRunningLoop, run } from 'spindle'
import { describe, expect, it } from 'vitest'
import {
  diagnose,
  diff,
  draw,
  formatRecording,
  parseRecording,
  Recorder,
  type Recording,
  record,
  replay,
  summary,
  toAccount,
  toStory,
  toSVG,
  toText,
  toTrace,
  validate,
} from './index.ts'
import { traceTasks } from './traces/trace-tasks.ts'

/** A misspelled option would be ignored silently. */
const misspelt = { curser: 1 } as object

describe('An unknown option is refused at the call by', () => {
  const recording: Recording = new Recorder().recording()
  const calls: Record<string, () => unknown> = {
    'record()': () => record(getRunningLoop(), misspelt),
    Recorder: () => new Recorder(misspelt),
    'draw()': () => draw(recording, misspelt),
    'toSVG()': () => toSVG(recording, misspelt),
    'toText()': () => toText(recording, misspelt),
    'traceTasks()': () => traceTasks(getRunningLoop(), misspelt),
  }

  it.each(Object.keys(calls))('%s', async (name) => {
    const main = function* main() {
      calls[name]?.()
    }
    await expect(run(main)).rejects.toThrow(`${name} has no option \`curser\`. It has `)
  })
})

describe('What is no recording is refused by', () => {
  const text = formatRecording(new Recorder().recording())
  const drawn = { draw, toSVG, toText, toAccount, summary, toTrace, toStory }
  const takers = { ...drawn, diagnose, diff, formatRecording, replay }

  it.each(Object.entries(takers))('%s()', (_, taker) => {
    const take = taker as (recording: unknown) => unknown
    const message = (given: string): string =>
      `a recording was expected, got ${given}. parseRecording(text) reads the text of a file`
    expect(() => take(text)).toThrow(new TypeError(message('string')))
    expect(() => take(undefined)).toThrow(new TypeError(message('undefined')))
    expect(() => take(JSON.parse('[]'))).toThrow(new TypeError(message('an array')))
  })

  it('parseRecording() and validate(), which take its text', () => {
    for (const take of [parseRecording, validate]) {
      expect(() => take(new Recorder().recording() as never)).toThrow(
        'the text of a recording was expected, got object',
      )
    }
  })
})
