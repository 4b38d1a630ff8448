import { describe, expect, it } from 'vitest'
import { longForm, randomCases, seed } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

// As many as you like: `npm run fuzz 10000 stress`.
const calls = String(randomCases(2000, 500))

describe('thousands of calls, while a tenth fails and workers are ended', () => {
  const ways = [
    ['thread', 'blocking', calls],
    ['process', 'blocking', calls],
    ['thread', 'awaited', calls],
  ] as const
  it.each(longForm ? ways : ways.slice(0, 2))(
    'each end once and as they should (%s pool, %s)',
    async (kind, way, count) => {
      const options = { args: [kind, way, count, String(seed)], timeout: 180_000 }
      const { stdout, stderr, code } = await runExample('test/thread/stress.fixture.ts', options)
      const ends = JSON.parse(stdout)
      const context = `seed ${seed}: ${stdout}${stderr}`
      expect(ends, context).toMatchObject({ calls: Number(count), wrong: 0, twice: 0, open: 0 })
      expect(ends.returned + ends.threw + ends.broke, context).toBe(Number(count))
      expect(ends.killed, context).toBe(kind === 'thread' ? Number(count) / 500 : Number(count) / 500 - 1)
      if (kind === 'thread') expect([ends.broke, ends.threw], context).toEqual([ends.killed, ends.failing])
      else expect(ends.broke, context).toBeLessThanOrEqual(ends.killed) // one that was idle just then breaks nothing
      expect([stderr, code]).toEqual(['', 0])
    },
    200_000,
  )
})
