// Programs run on CPython 3.15 and on Spindle, and every step must be the same. README.md explains how.

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { byTask, randomScopes, scopesOnSpindle } from './anyio/scopes.ts'
import { anyioWheel } from './anyio/wheel.ts'
import { describeDifference, differenceOf } from './check.ts'
import { explain, firstDifference } from './compare.ts'
import { coveragePage, type Named } from './coverage-page.ts'
import { CPython } from './cpython.ts'
import { readCPythonTests, testsByProgram } from './cpython-tests.ts'
import { numbered } from './language.ts'
import { MODES, modeOf, twoModesOf } from './mode.ts'
import { camelCase, exportsOf, MODULES, NOT_HERE, RENAMED, TYPES, WHERE } from './names.ts'
import { toPython, toTypeScript } from './print.ts'
import { cancelledEverywhere } from './programs/cancelled-everywhere.ts'
import { programs } from './programs/index.ts'
import { randomProgram } from './random/maker.ts'
import { describeRandomDifferences, firstRandomDifferences, randomDifferencesByHost } from './random/run.ts'
import { runOnSpindleByHost } from './spindle.ts'

const AsyncFunction = (async () => {}).constructor as new (body: string) => unknown
const RANDOM_PROGRAMS = longForm ? 20_000 : 20
const RANDOM_SCOPES = longForm ? 10_000 : 50
const SEED = 1

let cpython: CPython
const cpythonTests = readCPythonTests()
const testsOf = testsByProgram(cpythonTests)
const ran = new Set<string>() // the tests of CPython whose programs have run here, with equal traces
const tracesOfCPython = new Map<string, string[][]>() // by topic
beforeAll(async () => {
  cpython = await CPython.start()
  for (const [topic, all] of Object.entries(programs)) tracesOfCPython.set(topic, cpython.run(all.map(numbered)))
}, 120_000)

describe.each(Object.entries(programs))('on CPython and here, %s:', (topic, all) => {
  // A program that covers a test of CPython has the name of that test.
  const titled = all.map(
    (program, index) => [[program.name, ...(testsOf.get(program.name) ?? [])].join(' = '), program, index] as const,
  )
  it.each(titled)('%s', (_name, program, index) => {
    const trace = tracesOfCPython.get(topic)?.[index] ?? []
    const modes = longForm ? MODES : twoModesOf(index)
    const difference = differenceOf(numbered(program), trace, modes)
    expect(difference && describeDifference(difference)).toBeUndefined()
    expect(trace.length).toBeGreaterThan(0)
    for (const name of testsOf.get(program.name) ?? []) ran.add(name)
  })
})

describe('The tests of CPython', () => {
  it('that are listed as run have run, each with all its programs', () => {
    const names = Object.values(programs)
      .flat()
      .map(({ name }) => name)
    expect(
      [...testsOf.keys()].filter((name) => names.indexOf(name) < 0 || names.indexOf(name) < names.lastIndexOf(name)),
    ).toEqual([])
    const listed = cpythonTests.filter(({ kind }) => kind === 'ran').map(({ name }) => name)
    expect(listed.filter((name) => !ran.has(name))).toEqual([])
  })

  it('that are listed by hand have their test', () => {
    const lost = cpythonTests
      .filter(({ kind }) => kind === 'hand')
      .flatMap(({ by }) => by)
      .filter((place) => {
        const [file = '', title = ''] = place.split(' › ')
        return !readFileSync(`${root}${file}`, 'utf8').includes(title)
      })
    expect(lost).toEqual([])
  })
})

describe('The names of CPython’s modules', () => {
  const names: Named[] = []
  const missing: string[] = []
  const not = new Map(Object.keys(NOT_HERE).flatMap((some) => some.split(' ').map((name) => [name, false])))
  const renamed = new Set(Object.keys(RENAMED))
  beforeAll(async () => {
    for (const module of MODULES) {
      const places = await Promise.all(WHERE[module].map(async (from) => [from, await exportsOf(from)] as const))
      for (const name of cpython.namesOf(module)) {
        const ours = RENAMED[name] ?? camelCase(name)
        const from = places.find(([, found]) => found.has(ours))?.[0]
        const listed = [name, `${module}.${name}`].find((key) => not.has(key))
        if (listed !== undefined && (from === undefined || listed !== name)) not.set(listed, true)
        else if (from !== undefined) names.push({ module, name, ours, from })
        else missing.push(`${module}.${name}`)
        renamed.delete(name)
      }
    }
  })

  it('can be imported here, or are listed with a reason', () => {
    expect(missing).toEqual([])
    expect(names.length).toBeGreaterThan(100)
  })

  it('are listed only if they exist and cannot be imported', () => {
    expect({ renamed: [...renamed], not: [...not].filter(([, used]) => !used) }).toEqual({ renamed: [], not: [] })
  })

  it('are exported as types where they are listed as types', () => {
    const lost = Object.entries(TYPES).flatMap(([module, types]) => {
      const file = module === 'spindle' ? 'index' : module.slice('spindle/'.length)
      const source = readFileSync(`${root}packages/spindle/src/${file}.ts`, 'utf8')
      return types.filter((type) => !source.includes(`  type ${type},`))
    })
    expect(lost).toEqual([])
  })

  it('and of its tests make docs/reference/coverage.md', async () => {
    const page = coveragePage(cpython.version, names, cpythonTests, ran)
    await expect(page).toMatchFileSnapshot(`${root}docs/reference/coverage.md`)
  })
})

describe('random programs', () => {
  it(`from seed ${SEED} on are the same, ${RANDOM_PROGRAMS} of them`, { timeout: 600_000 }, () => {
    const found = firstRandomDifferences(cpython, { seed: SEED, count: RANDOM_PROGRAMS, most: 1 })
    expect(describeRandomDifferences(found)).toBe('')
  })
})

it(`random programs of AnyIO's scopes run in the same way, ${RANDOM_SCOPES} of them`, { timeout: 600_000 }, ({
  skip,
}) => {
  const wheel = anyioWheel()
  if (wheel === undefined) skip('pip cannot download AnyIO here')
  const programs = Array.from({ length: RANDOM_SCOPES }, (_, index) => randomScopes(SEED + index))
  const traces = cpython.loadAnyIO(wheel as string)(programs)
  for (const [index, program] of programs.entries()) {
    const anyio = byTask(traces[index] ?? [])
    expect(byTask(scopesOnSpindle(program)), `randomScopes(${SEED + index})`).toEqual(anyio)
    expect(anyio.length).toBeGreaterThan(1)
  }
})

describe('a program cancelled at each step of its main Task', () => {
  // Without the long ones: they would be cancelled at a thousand steps, twice each.
  const chosen = Object.entries(programs).filter(([topic]) => topic !== 'many of everything')

  it.each(chosen)('is the same, for all about %s', { timeout: 120_000 }, (_topic, all) => {
    // In the short form, one step in twelve.
    const everywhere = cancelledEverywhere(cpython, all.map(numbered))
    const cancelled = everywhere.filter((_, step) => longForm || step % 12 === 0)
    const traces = cpython.run(cancelled)
    const differences = cancelled
      .map((program, index) => differenceOf(program, traces[index] ?? [], [modeOf(index)]))
      .filter((difference) => difference !== undefined)
    expect(differences.slice(0, 1).map(describeDifference)).toEqual([])
    expect(everywhere.length).toBeGreaterThan(all.length)
  })
})

describe('driven by the host', () => {
  it('all programs that do not hang are the same', { timeout: 120_000 }, async () => {
    const all = Object.values(programs).flat().map(numbered)
    const traces = [...tracesOfCPython.values()].flat()
    let compared = 0
    for (const [index, program] of all.entries()) {
      const trace = traces[index] ?? []
      if (trace.some((entry) => entry.endsWith(' hangs'))) continue
      const spindle = await runOnSpindleByHost(program)
      if (firstDifference(trace, spindle, {}) !== undefined) expect.fail(explain(program, trace, spindle, {}))
      compared++
    }
    expect(compared).toBeGreaterThan(all.length * 0.8)
  })

  it(`random programs are the same, ${RANDOM_PROGRAMS} of them`, { timeout: 600_000 }, async () => {
    const found = await randomDifferencesByHost(cpython, { seed: SEED, count: RANDOM_PROGRAMS, most: 1 })
    expect(describeRandomDifferences(found)).toBe('')
  })
})

describe('the printed program', () => {
  const all = [
    ...Object.values(programs).flat(),
    ...Array.from({ length: longForm ? 100 : 20 }, (_, i) => randomProgram(i)),
  ]

  it('is JavaScript, because it needs no types', () => {
    for (const program of all) {
      // Node 20 does not support `using`.
      const text = toTypeScript(numbered(program)).replaceAll('using _ =', 'const _ =')
      expect(() => new AsyncFunction(text), text).not.toThrow()
    }
  })

  it('is Python', () => {
    const wrong = all
      .filter((_, index) => longForm || index % 4 === 0)
      .map((program) => toPython(numbered(program)))
      .filter((text) => cpython.syntaxErrorOf(text) !== undefined)
    expect(wrong).toEqual([])
  })
})
