import { ExplorationError, explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { bugs } from './all.ts'

describe.each(bugs)('$source: $name', (bug) => {
  it('is found with the default options, in few runs, and shrinks to at most three items', async () => {
    const error = (await explore(bug.broken, bug.options).catch((thrown: unknown) => thrown)) as ExplorationError
    expect(error).toBeInstanceOf(ExplorationError)
    expect(error.runs.found).toBeLessThanOrEqual(130)
    expect(error.runs.shrunk).toBeLessThan(200)
    expect(error.replay.split(';').length).toBeLessThanOrEqual(3)
    const again = await explore(bug.broken, { ...bug.options, replay: error.replay }).catch((thrown: unknown) => thrown)
    expect(again).toMatchObject({ kind: error.kind, replay: error.replay })
  })

  it('is silent in the ordinary run', async () => {
    await explore(bug.broken, { ...bug.options, cancel: 'never', late: 0, times: 'written' })
  })

  it('is not found where it was fixed', async () => {
    await explore(bug.fixed, longForm ? bug.options : { ...bug.options, runs: 150 })
  })
})
