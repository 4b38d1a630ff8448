import { ExplorationError, explore } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { races } from './published.ts'

const RUNS = 300

describe.each(races)('$broken, $source: $name', ({ program, broken, fixed }) => {
  it('is found in the package as it was published', async () => {
    const module = (await import(broken)) as never
    const run = (options: { runs?: number; replay?: string }): Promise<unknown> =>
      explore(async () => program(module), options).catch((thrown: unknown) => thrown)
    const error = await run({ runs: RUNS })
    expect(error).toBeInstanceOf(ExplorationError)
    const { replay, runs } = error as ExplorationError
    expect(runs.found).toBeLessThanOrEqual(130)
    expect(replay).not.toBe('') // not in the ordinary run
    expect(await run({ replay })).toMatchObject({ replay, kind: (error as ExplorationError).kind })
  })

  it('is not found where it was mended', async () => {
    const module = (await import(fixed)) as never
    await explore(async () => program(module), { runs: longForm ? RUNS : 60 })
  })
})
