// Whatever asyncio exports, and whatever its tests ask for, is here, or there is a reason.

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'
import { camelCase, compareApi, staleEntries } from './compare-api.ts'
import { compareTests, contradictions } from './compare-tests.ts'
import { mentionsIn, readCPythonTests, readMentions } from './cpython-tests.ts'
import { readMaterial } from './material.ts'
import { declaredMembers } from './our-api.ts'
import { type Material, render } from './render.ts'

// CPython is asked, and starts for this file alone.
describe.runIf(longForm)('Each export of asyncio', () => {
  let material: Material
  beforeAll(async () => {
    material = await readMaterial()
  }, 120_000)

  it('is here by the rule, is listed in api-data.ts, or is missing', () => {
    const entries = material.modules.flatMap((module) => compareApi(module, material.ours))
    const all = entries.flatMap(({ name, fate, members }) => [{ name, fate }, ...members])
    expect(all.filter(({ fate }) => fate.kind === 'missing').map(({ name }) => name)).toEqual([])
    expect(all.length).toBeGreaterThan(300)
  })

  it('is listed in api-data.ts only if it does not follow the naming rule', () => {
    expect(staleEntries(material.modules, material.ours)).toEqual([])
  })

  it('is missing where we do not export it', () => {
    const asked = { module: 'asyncio', entries: [{ name: 'Future', members: ['done', 'undone'] }] }
    const [future] = compareApi(asked, material.ours)
    expect(future?.members.map(({ fate }) => fate.kind)).toEqual(['same', 'missing'])
    expect(compareApi(asked, () => new Map())[0]?.fate).toEqual({ kind: 'missing' })
  })

  it('stands in docs/reference/coverage.md: if not, run `npm run coverage`', () => {
    expect(readFileSync(`${root}docs/reference/coverage.md`, 'utf8')).toBe(render(material))
  })
})

describe('The tests of CPython', () => {
  const tests = readCPythonTests()
  const mentions = readMentions()

  it('is covered by one of our tests, is listed in tests-data.ts, or is missing', () => {
    const compared = compareTests(tests, mentions)
    expect(compared.filter(({ fate }) => fate.kind === 'missing').map(({ name }) => name)).toEqual([])
    expect(tests.length).toBe(825)
  })

  it('is named rightly, above tests, and not both covered and dismissed', () => {
    expect(contradictions(tests, mentions)).toEqual([])
  })

  it('is found missing, and wrong names are found', () => {
    const [test] = tests
    const stray = mentionsIn('x.test.ts', '// CPython: test_tasks.BaseTaskTests.test_nothing\nconst x = 1')
    expect(compareTests([{ ...test!, name: 'unknown', group: 'unknown' }], stray)[0]?.fate).toEqual({ kind: 'missing' })
    expect(contradictions(tests, stray)).toEqual([
      'x.test.ts:1: CPython has no test_tasks.BaseTaskTests.test_nothing',
      'x.test.ts:1: no test follows test_tasks.BaseTaskTests.test_nothing',
    ])
  })
})

it('names are converted to camelCase, constants are not', () => {
  const names = ['call_soon_threadsafe', 'ALL_COMPLETED', 'Future', 'sleep', '_enter_task']
  expect(names.map(camelCase)).toEqual(['callSoonThreadsafe', 'ALL_COMPLETED', 'Future', 'sleep', '_enterTask'])
})

it('the public members of a class are read, including inherited ones', () => {
  const source = [
    'export class Box<out T extends Item<string>> extends Thing<T> implements Other {',
    '  readonly size: number',
    '  limit = 3',
    '  #hidden = 1',
    '  constructor() {',
    '    call(1)',
    '  }',
    '  /** Opens it. */',
    '  async open(): Promise<void> {}',
    '  *items<U>(): Generator<U> {}',
    '  get full(): boolean {',
    '  }',
    '  /**',
    '   * For us. @internal',
    '   */',
    '  inner(): void {}',
    '  private shake(): void {}',
    '}',
    'class Empty<F = () => void> extends Box {}',
    'class After {',
    '  after(): void {}',
    '}',
  ].join('\n')
  expect(declaredMembers('Box', source)).toEqual({
    members: ['size', 'limit', 'open', 'items', 'full'],
    parent: 'Thing',
  })
  expect(declaredMembers('Empty', source)).toEqual({ members: [], parent: 'Box' })
})
