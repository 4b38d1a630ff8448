import { describe, expect, it } from 'vitest'
import { randomCases, seed } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

describe('calls with hostile values', () => {
  it.each([
    ['thread', randomCases(4000, 400)],
    ['process', randomCases(1000, 60)],
  ])('each end once, on a pool of %s workers that goes on', { timeout: 3_600_000 }, async (kind, calls) => {
    const args = [kind, `${seed}`, `${calls}`]
    const { stdout, code } = await runExample('test/thread/hostile-values.fixture.ts', { args, timeout: 3_500_000 })
    const ends = JSON.parse(stdout.split('\n')[0] ?? '{}') as Record<string, number>
    expect({ seed, code, stdout, ...ends }).toMatchObject({ code: 0, wrong: 0, each: true })
    expect({ thrown: (ends['thrown'] ?? 0) > 0, innocent: (ends['innocent'] ?? 0) > 0 }).toEqual({
      thrown: true,
      innocent: true,
    })
  })
})
