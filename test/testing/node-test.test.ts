import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { linesEnvironment } from '../tooling/run-example.ts'

// All in one file for `node --test`, of which each start takes half a second.
const CODE = `
import { coroutine, getRunningLoop, run, sleep } from 'spindle'
import { inVirtualTime } from '@spindle/testing'
import { after, afterEach, before, beforeEach, it } from '@spindle/testing/node-test'
import { describe, test } from 'node:test'

test('a coroutine()', coroutine(function* work() { yield* sleep(1) }))
test('a run', () => run(function* () { yield* sleep(1) }))
test('inVirtualTime()', inVirtualTime(function* () { yield* sleep(3_600_000) }))

it('in virtual time', function* () { yield* sleep(3_600_000) })
it('in real time', function* () { yield* sleep(1) }, { realTime: true })
it('plain', () => {})
it('fails', function* () { yield* sleep(1); throw new Error('it has run') })
it('takes too long', function* () { try { yield* sleep(1e6) } finally { console.log('cleaned up') } }, { realTime: true, timeout: 20 })
it.skip('skipped', function* () { throw new Error('skipped has run') })
it.explore('explored', function* () { yield* sleep(1) })
it.explore('fails, too', function* () { yield* sleep(1) }, { check({ cancelled }) { if (cancelled.length > 0) throw new Error('found') } })

it.explore('is long', function* () { for (let n = 0; n < 9; n++) yield* sleep(n) }, { timeout: 20, runs: 1e9 })

describe('in order', () => {
  const log = []
  before(function* () { yield* sleep(3_600_000); log.push('before') })
  beforeEach(function* ({ name }) { yield* sleep(1); log.push('before ' + name) })
  afterEach(async ({ name }) => { await null; log.push('after ' + name) })
  after(function* () { yield* sleep(1); console.log(log.join()) })
  it('one', function* () { yield* sleep(1); log.push('one') })
  it('two', () => { log.push('two') })
})
const late = function* () { try { yield* sleep(1e6) } finally { console.log('the hook cleaned up') } }
const hooks = {
  'fails': [function* () { yield* sleep(1); throw new Error('the hook has run') }],
  'is late': [late, { realTime: true, timeout: 20 }],
  'leaves a Task': [function* () { getRunningLoop().createTask(sleep(1_000)) }],
  'is an async generator': [async function* () {}],
}
for (const [name, hook] of Object.entries(hooks))
  describe('before each', () => { beforeEach(...hook); test('a hook ' + name, () => {}) })
for (const wrong of [[3], [() => {}, { timeouts: 1 }]]) try { beforeEach(...wrong) } catch (error) { console.log(error.message) }
`

let output: string
/** How each test has ended, by its name: `ok` or `not ok`. */
let outcomes: Map<string, string>

beforeAll(() => {
  const { loader, cwd } = linesEnvironment()
  const folder = mkdtempSync(join(cwd, 'node-test-'))
  try {
    const file = join(folder, 'program.test.mjs')
    writeFileSync(file, CODE)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = [...loader, '--test', '--test-reporter=tap', file]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
    output = stdout + stderr
    const lines = stdout.matchAll(/^ *(ok|not ok) \d+ - (.*?)(?: # .*)?$/gm)
    outcomes = new Map([...lines].map(([, outcome = '', name = '']) => [name, outcome]))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function expectOutcomes(expected: Record<string, 'ok' | 'not ok'>): void {
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, outcomes.get(name)]))
  expect(found, output).toEqual(expected)
}

describe('node:test', () => {
  it('fails a test that is a coroutine(), and says what to write', () => {
    expectOutcomes({ 'a coroutine()': 'not ok' })
    expect(output).toContain('<coroutine object work> is not a promise. Write `yield*` instead of `await`')
  })

  it('runs what returns a promise', () => {
    expectOutcomes({ 'a run': 'ok', 'inVirtualTime()': 'ok' })
  })

  it('takes coroutine functions through @spindle/testing/node-test, and explores', () => {
    expectOutcomes({
      'in virtual time': 'ok',
      'in real time': 'ok',
      plain: 'ok',
      fails: 'not ok',
      'takes too long': 'not ok',
      skipped: 'ok',
      explored: 'ok',
      'fails, too': 'not ok',
      'is long': 'not ok',
    })
    expect(output).toContain('it has run')
    expect(output).not.toContain('skipped has run')
    expect(output).toContain('cleaned up')
    expect(output).toMatch(/the test 'takes too long' timed out after 20 ms. It was waiting:\n\s*<Task pending/)
    expect(output).toContain("replay: 'cancel main before #2'")
    expect(output).toMatch(/explore\(\) was stopped after \d+ runs: (?:cancel: \d+ of|the ordinary run was at)/)
  })

  it('reports a test at its own line', () => {
    const [, line] = /not ok \d+ - fails\n(?:.*\n){1,5}?.*location: '.*program\.test\.mjs:(\d+):1'/.exec(output) ?? []
    expect(CODE.split('\n')[Number(line) - 1], output).toContain("it('fails', function* ()")
    expect(output).not.toMatch(/location: .*node-test\.[jt]s/)
  })

  it('takes coroutine functions as hooks, and fails a test by a hook that fails', () => {
    expectOutcomes({
      one: 'ok',
      two: 'ok',
      'a hook fails': 'not ok',
      'a hook is late': 'not ok',
      'a hook leaves a Task': 'not ok',
      'a hook is an async generator': 'not ok',
    })
    for (const told of [
      'before,before one,one,after one,before two,two,after two',
      'the hook has run',
      'the hook cleaned up',
      "the hook 'beforeEach' timed out after 20 ms. It was waiting:",
      "the hook 'beforeEach' has left something behind:",
      "the function of the hook 'beforeEach' is an async function*, which nothing runs. Write function* instead",
      "the hook 'beforeEach' needs a function, and its options after that, got 3",
      'timeouts',
    ]) {
      expect(output).toContain(told)
    }
  })

  it('counts them all', () => {
    const counts = ['pass', 'fail', 'skipped'].map((what) => new RegExp(`^# ${what} (\\d+)$`, 'm').exec(output)?.[1])
    expect(counts, output).toEqual(['8', '9', '1'])
  })
})
