import { readFileSync } from 'node:fs'
import { ExplorationError, explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { bugs } from './all.ts'
import { load, races } from './published/all.ts'
import { rowOfBug, rowOfRace } from './rows.ts'

const RUNS = 300

describe.each(races)('$broken, $source: $name', (race) => {
  it('is found in the package as it was published', async () => {
    const module = await load(race.broken, race)
    const run = (options: { runs?: number; replay?: string }): Promise<unknown> =>
      explore(async (context) => race.program(module, context), options).catch((thrown: unknown) => thrown)
    const error = await run({ runs: RUNS })
    expect(error).toBeInstanceOf(ExplorationError)
    const { replay, runs } = error as ExplorationError
    expect(runs.found).toBeLessThanOrEqual(130)
    expect(replay).not.toBe('') // not in the ordinary run
    if (longForm) expect(await run({ replay })).toMatchObject({ replay, kind: (error as ExplorationError).kind })
  })

  it('is not found where it was mended', async () => {
    const module = await load(race.fixed, race)
    await explore(async (context) => race.program(module, context), { runs: longForm ? RUNS : 20 })
  })
})

it('are listed in the reference, with the runs that npm run explore -- --table has measured', () => {
  const rows = readFileSync(`${root}docs/reference/explore.md`, 'utf8').split('\n')
  for (const row of [...bugs.map(rowOfBug), ...races.map(rowOfRace)]) {
    expect(rows.filter((one) => one.startsWith(row))).toEqual([expect.stringMatching(/ [a-z, ]+ \| [1-9]\d* \|$/)])
  }
})
