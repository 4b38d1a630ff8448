import { getRunningLoop, run } from 'spindle'
import { describe, expect, it } from 'vitest'
import { draw, Recorder, type Recording, record, toSVG, toText } from './index.ts'
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
