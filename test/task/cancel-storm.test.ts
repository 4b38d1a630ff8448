import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases, seed } from '../tooling/long-form.ts'
import { runStorm, stormPrograms } from './cancel-storm.fixture.ts'

const numRuns = randomCases(500)

describe('A storm of cancellations', () => {
  it('leaves locks, semaphores, queues, conditions and barriers in a correct state', () => {
    const property = fc.property(stormPrograms, (program) => {
      expect(runStorm(program)).toEqual([])
    })
    fc.assert(property, { numRuns, seed })
  }, 0)
})
