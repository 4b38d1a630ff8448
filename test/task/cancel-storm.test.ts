import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../tooling/long-form.ts'
import { runStorm, stormPrograms } from './cancel-storm.fixture.ts'

const runs = globalThis.process?.env['SPINDLE_FUZZ_RUNS'] // a page has no process
// `npm run fuzz` asks for more, from another seed each time.
const numRuns = Number(runs ?? randomCases(500))
const seed = runs === undefined ? { seed: 1 } : {}

describe('A storm of cancellations', () => {
  it('leaves locks, semaphores, queues, conditions and barriers in a correct state', () => {
    const property = fc.property(stormPrograms, (program) => {
      expect(runStorm(program)).toEqual([])
    })
    fc.assert(property, { numRuns, ...seed })
  }, 0)
})
