import { type ActiveRecording, diagnose, record } from '@spindle/inspect'
import { ExplorationError, explore } from '@spindle/testing'
import { onNewLoop } from 'spindle/tools'
import { afterAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { bugs } from './all.ts'

const recordings: ActiveRecording[] = []
afterAll(onNewLoop((loop) => void recordings.push(record(loop))))

/** The lost wake-ups that the recordings since the last call name. */
function lostWakeUps(): string[] {
  const found = recordings.splice(0).flatMap((one) => diagnose(one.stop()))
  return found.flatMap(({ kind, text }) => (kind === 'lost wake-up' ? text : []))
}

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
    const named = expect.stringMatching(
      /^\w+ was woken at a Future, cancelled before it ran, and woke no other: \w+ still/,
    )
    const lost = error.kind === 'lost wake-up' ? [named] : []
    expect([...new Set(lostWakeUps())]).toEqual(lost)
  })

  it('is silent in the ordinary run', async () => {
    await explore(bug.broken, { ...bug.options, cancel: 'never', late: 0, times: 'written' })
  })

  it('is not found where it was fixed, and no recording names a lost wake-up', async () => {
    recordings.length = 0
    await explore(bug.fixed, longForm ? bug.options : { ...bug.options, runs: 150 })
    expect(lostWakeUps()).toEqual([])
  })
})
