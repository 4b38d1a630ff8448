// The same programs run on CPython 3.14 and on Spindle, and every step must be the same. README.md explains how.

import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { describeDifference, differenceOf } from './check.ts'
import { explain, firstDifference } from './compare.ts'
import { CPython } from './cpython.ts'
import { numbered, type Program } from './language.ts'
import { MODES, modeOf, twoModesOf } from './mode.ts'
import { toPython, toTypeScript } from './print.ts'
import { cancelledEverywhere } from './programs/cancelled-everywhere.ts'
import { cancelledGroups } from './programs/cancelled-groups.ts'
import { programs } from './programs/index.ts'
import { randomProgram } from './random/maker.ts'
import { describeRandomDifferences, firstRandomDifferences } from './random/run.ts'
import { runOnSpindleByHost } from './spindle.ts'

const AsyncFunction = (async () => {}).constructor as new (body: string) => unknown
const RANDOM_PROGRAMS = longForm ? 20_000 : 20
const NEXT_PROGRAMS = 1000 // on CPython 3.15: differences from 3.14 show soon
const SEED = 1

let cpython: CPython
const tracesOfCPython = new Map<string, string[][]>() // by topic
beforeAll(async () => {
  cpython = await CPython.start()
  for (const [topic, all] of Object.entries(programs)) tracesOfCPython.set(topic, cpython.run(all.map(numbered)))
}, 120_000)

describe('CPython', () => {
  it('is 3.14', () => {
    expect(cpython.version).toMatch(/^3\.14\./)
  })
})

describe.each(Object.entries(programs))('on CPython and here, %s:', (topic, all) => {
  it.each(all.map((program, index) => [program.name, program, index] as const))('%s', (_name, program, index) => {
    const trace = tracesOfCPython.get(topic)?.[index] ?? []
    const modes = longForm ? MODES : twoModesOf(index)
    const difference = differenceOf(numbered(program), trace, modes)
    expect(difference && describeDifference(difference)).toBeUndefined()
    expect(trace.length).toBeGreaterThan(0)
  })
})

describe('random programs', () => {
  it(`from seed ${SEED} on are the same, ${RANDOM_PROGRAMS} of them`, { timeout: 600_000 }, () => {
    const found = firstRandomDifferences(cpython, { seed: SEED, count: RANDOM_PROGRAMS, most: 1 })
    expect(describeRandomDifferences(found)).toBe('')
  })
})

describe.runIf(longForm)('CPython 3.15, which comes next', () => {
  let next: CPython
  beforeAll(async () => {
    next = await CPython.start('3.15')
  }, 120_000)

  function expectSame(all: readonly Program[]): void {
    const traces = next.run(all)
    expect(traces).toHaveLength(all.length)
    for (const [index, program] of all.entries()) {
      const difference = differenceOf(program, traces[index] ?? [], [modeOf(index)])
      expect(difference && describeDifference(difference)).toBeUndefined()
    }
  }

  it('is 3.15', () => {
    expect(next.version).toMatch(/^3\.15\./)
  })

  it('runs all programs like Spindle', { timeout: 600_000 }, () => {
    const all = Object.entries(programs).flatMap(([topic, some]) => (topic === 'many of everything' ? [] : some))
    expectSame([...all, ...cancelledGroups].map(numbered))
  })

  it('cancels groups like Spindle, also where the main Task is cancelled at any step', { timeout: 600_000 }, () => {
    expectSame(cancelledEverywhere(next, cancelledGroups.map(numbered)))
  })

  it(`runs random programs like Spindle, ${NEXT_PROGRAMS} of them`, { timeout: 600_000 }, () => {
    const found = firstRandomDifferences(next, { seed: SEED, count: NEXT_PROGRAMS, most: 1 })
    expect(describeRandomDifferences(found)).toBe('')
  })
})

describe('a program cancelled at each step of its main Task', () => {
  // Without the long ones: they would be cancelled at a thousand steps, twice each.
  const chosen = Object.entries(programs).filter(([topic]) => topic !== 'many of everything')

  it.each(chosen)('is the same, for all about %s', { timeout: 120_000 }, (_topic, all) => {
    // In the short form, one step in twelve.
    const cancelled = cancelledEverywhere(cpython, all.map(numbered)).filter((_, step) => longForm || step % 12 === 0)
    const traces = cpython.run(cancelled)
    const differences = cancelled
      .map((program, index) => differenceOf(program, traces[index] ?? [], [modeOf(index)]))
      .filter((difference) => difference !== undefined)
    expect(differences.slice(0, 1).map(describeDifference)).toEqual([])
    expect(cancelled.length).toBeGreaterThan(all.length)
  })
})

describe('driven by the host', () => {
  it('all programs that do not hang are the same', { timeout: 120_000 }, async () => {
    const all = Object.values(programs).flat().map(numbered)
    const traces = [...tracesOfCPython.values()].flat()
    let compared = 0
    for (const [index, program] of all.entries()) {
      const trace = traces[index] ?? []
      if (trace.includes('hangs')) continue
      const spindle = await runOnSpindleByHost(program)
      if (firstDifference(trace, spindle, {}) !== undefined) expect.fail(explain(program, trace, spindle, {}))
      compared++
    }
    expect(compared).toBeGreaterThan(all.length * 0.8)
  })
})

describe('the printed program', () => {
  it('is JavaScript, because it needs no types', () => {
    const all = [
      ...Object.values(programs).flat(),
      ...Array.from({ length: longForm ? 100 : 20 }, (_, i) => randomProgram(i)),
    ]
    for (const program of all) {
      // Node 20 does not support `using`.
      const text = toTypeScript(numbered(program)).replaceAll('using _ =', 'const _ =')
      expect(() => new AsyncFunction(text), text).not.toThrow()
    }
  })

  it('is Python', () => {
    const all = [
      ...Object.values(programs).flat(),
      ...Array.from({ length: longForm ? 100 : 20 }, (_, i) => randomProgram(i)),
    ]
    const wrong = all
      .filter((_, index) => longForm || index % 4 === 0)
      .map((program) => toPython(numbered(program)))
      .filter((text) => cpython.syntaxErrorOf(text) !== undefined)
    expect(wrong).toEqual([])
  })
})
