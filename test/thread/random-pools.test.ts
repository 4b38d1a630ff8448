import { describe, expect, it } from 'vitest'
import { randomCases, seed } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

// As many as you like: `npm run fuzz 100 random-pools`.
const pools = randomCases(8, 2)

describe('pools under random events', () => {
  it.each(['thread', 'process'])(
    'end each call once and as it should (%s pools)',
    async (kind) => {
      const options = { args: [kind, String(seed), String(pools)], timeout: 100_000 + 10_000 * pools }
      const { stdout } = await runExample('test/thread/random-pools.fixture.ts', options)
      expect(stdout, `seed ${seed}`).toBe(`${40 * pools} calls\n`)
    },
    110_000 + 10_000 * pools,
  )
})
