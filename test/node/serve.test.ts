import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

const RESTARTS = longForm ? 40 : 4

describe('serve()', { timeout: 120_000 }, () => {
  it('loses no request when the workers of a cluster are replaced under load', async () => {
    const { stdout, stderr } = await runExample('test/node/programs/rolling-restart.fixture.ts', {
      args: [String(RESTARTS)],
    })
    expect(stderr).toBe('')
    const { answered, lost } = JSON.parse(stdout) as { answered: number; lost: number }
    expect(answered).toBeGreaterThan(200 * RESTARTS)
    expect(lost).toBe(0)
  })
})
