import { type ActiveRecording, diagnose, record } from '@spindle/inspect'
import { ExplorationError, explore } from '@spindle/testing'
import { onNewLoop } from 'spindle/tools'
import { afterAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { bugs } from './all.ts'
import { taskGroupSwallows } from './programs.ts'

const recordings: ActiveRecording[] = []
afterAll(onNewLoop((loop) => void recordings.push(record(loop))))

/** What the recordings since the last call name. A wrong value is in none: only the error of main. */
function named(): string[] {
  const found = recordings.splice(0).flatMap((one) => diagnose(one.stop()))
  return found.flatMap(({ kind, text }) => (kind === 'lost error' ? [] : `${kind}: ${text}`))
}

const LOST = /^lost wake-up: \w+ was woken at a Future, cancelled before it ran, and woke no other: \w+ still/
const NAMED: Record<string, RegExp> = { 'lost wake-up': LOST, 'cancel race': /^stuck: w3 waits for future/ }

describe.each(bugs)('$source: $name', (bug) => {
  it('is found with the default options, in few runs, and shrinks to at most three items', async () => {
    const error = (await explore(bug.broken, bug.options).catch((thrown: unknown) => thrown)) as ExplorationError
    expect(error).toBeInstanceOf(ExplorationError)
    expect(error.runs.found).toBeLessThanOrEqual(130)
    expect(error.runs.shrunk).toBeLessThan(200)
    expect(error.replay.split(';').length).toBeLessThanOrEqual(3)
    recordings.length = 0
    const again = await explore(bug.broken, { ...bug.options, replay: error.replay }).catch((thrown: unknown) => thrown)
    expect(again).toMatchObject({ kind: error.kind, replay: error.replay })
    const what = bug === taskGroupSwallows ? /^swallowed cancel: main / : NAMED[error.kind]
    expect([...new Set(named())]).toEqual(what === undefined ? [] : [expect.stringMatching(what)])
  })

  it('is silent in the ordinary run', async () => {
    await explore(bug.broken, { ...bug.options, cancel: 'never', late: 0, times: 'written' })
  })

  it('is not found where it was fixed, and no recording names a lost wake-up', async () => {
    recordings.length = 0
    await explore(bug.fixed, longForm ? bug.options : { ...bug.options, runs: 150 })
    expect(named().filter((one) => one.startsWith('lost wake-up'))).toEqual([])
  })
})
