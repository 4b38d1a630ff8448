import { describe, expect, it } from 'vitest'
import { randomCases, seed } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

const runs = randomCases(1000, 30)
// Each process knows few modules, as the engine lists them all for each function.
const MODULES_PER_PROCESS = Math.min(runs, 100)

describe('the functions of random modules', () => {
  it('run on another thread as they are, or are refused', { timeout: 3_600_000 }, async () => {
    for (let first = seed; first < seed + runs; first += MODULES_PER_PROCESS) {
      const { counts, rest } = await passFunctions(first, MODULES_PER_PROCESS)
      expect({ first, ...counts, rest }).toMatchObject({ first, wrong: 0, refusedExports: 0, rest: '' })
      expect(counts['found']).toBeGreaterThan(MODULES_PER_PROCESS)
      expect(counts['refused']).toBeGreaterThan(MODULES_PER_PROCESS)
    }
  })

  it('notice that no texts are compared', async () => {
    const { counts } = await passFunctions(1, MODULES_PER_PROCESS, 'planted')
    expect(counts['wrong']).toBeGreaterThan(0)
  })
})

async function passFunctions(
  first: number,
  modules: number,
  ...more: string[]
): Promise<{ counts: Record<string, number>; rest: string }> {
  const { stdout, stderr } = await runExample('test/thread/exports.fixture.ts', {
    args: [`${first}`, `${modules}`, ...more],
  })
  const [counts = '{}', ...rest] = stdout.trim().split('\n')
  return { counts: JSON.parse(counts) as Record<string, number>, rest: `${rest.join('\n')}${stderr}` }
}
