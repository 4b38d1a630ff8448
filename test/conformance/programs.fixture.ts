// The programs of the conformance tests once more, for features that change how plain `function*` run.

import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { describeDifference, differenceOf } from './check.ts'
import { CPython } from './cpython.ts'
import { numbered } from './language.ts'
import { programs } from './programs/index.ts'
import { describeRandomDifferences, firstRandomDifferences } from './random/run.ts'

const RANDOM_PROGRAMS = longForm ? 1500 : 20
const SEED = 7

/** Runs them on CPython and on Spindle. `hasEffect` says whether the tested feature is active. */
export function describePrograms(how: string, hasEffect: () => boolean, when = true): void {
  describe.runIf(when)(`${how}, on CPython and here,`, () => {
    let cpython: CPython
    beforeAll(async () => {
      cpython = await CPython.start()
    }, 120_000)

    it('plain function* are run in another way', () => {
      expect(hasEffect()).toBe(true)
    })

    // In the short form, one in twenty and none of the long ones.
    const topics = Object.entries(programs).filter(([topic]) => longForm || topic !== 'many of everything')
    it.each(topics)('%s', { timeout: 120_000 }, (_topic, all) => {
      const chosen = all.filter((_, index) => longForm || index % 20 === 0).map(numbered)
      const traces = cpython.run(chosen)
      const differences = chosen
        .map((program, index) => differenceOf(program, traces[index] ?? []))
        .filter((difference) => difference !== undefined)
      expect(differences.slice(0, 1).map(describeDifference)).toEqual([])
    })

    it(`random programs from seed ${SEED} on, ${RANDOM_PROGRAMS} of them`, { timeout: 180_000 }, () => {
      const found = firstRandomDifferences(cpython, { seed: SEED, count: RANDOM_PROGRAMS, most: 1 })
      expect(describeRandomDifferences(found)).toBe('')
    })
  })
}
