import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MODULES } from '../tooling/built-modules.mjs'
import { LOAD_TYPESCRIPT } from '../tooling/run-example.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spindle-node-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a test file with `node --test`. */
function runFile(code: string): { passed: number; failed: number; output: string } {
  const file = join(folder, 'program.test.mjs')
  writeFileSync(
    file,
    `import { coroutine, getRunningLoop, run, sleep } from 'spindle'\nimport { inVirtualTime } from '@spindle/testing'
    import { after, afterEach, before, beforeEach, it } from '@spindle/testing/node-test'\n${code}`,
  )
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout, stderr } = spawnSync(process.execPath, [...LOAD_TYPESCRIPT, '--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env: { ...env, SPINDLE_TEST_PACKAGES: MODULES },
  })
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? Number.NaN)
  return { passed: count('pass'), failed: count('fail'), output: stdout + stderr }
}

describe('node:test', () => {
  it('fails a test that is a coroutine(), and says what to write', () => {
    const { passed, failed, output } = runFile(
      "import { test } from 'node:test'\ntest('t', coroutine(function* work() { yield* sleep(1) }))",
    )
    expect([passed, failed], output).toEqual([0, 1])
    expect(output).toContain('<coroutine object work> is not a promise. Write `yield*` instead of `await`')
  })

  it('runs what returns a promise', () => {
    const { passed, failed, output } = runFile(`import { test } from 'node:test'
      test('a run', () => run(function* () { yield* sleep(1) }))
      test('in virtual time', inVirtualTime(function* () { yield* sleep(3_600_000) }))`)
    expect([passed, failed], output).toEqual([2, 0])
  })

  it('takes coroutine functions through @spindle/testing/node-test, and explores', () => {
    const { passed, failed, output } = runFile(`
      it('in virtual time', function* () { yield* sleep(3_600_000) })
      it('in real time', function* () { yield* sleep(1) }, { realTime: true })
      it('plain', () => {})
      it('fails', function* () { yield* sleep(1); throw new Error('it has run') })
      it('takes too long', function* () { try { yield* sleep(1e6) } finally { console.log('cleaned up') } }, { realTime: true, timeout: 20 })
      it.skip('skipped', function* () { throw new Error('it has run') })
      it.explore('explored', function* () { yield* sleep(1) })
      it.explore('fails, too', function* () { yield* sleep(1) }, { check({ cancelled }) { if (cancelled.length > 0) throw new Error('found') } })`)
    expect([passed, failed], output).toEqual([4, 3])
    expect(output).toContain('it has run')
    expect(output).toContain('cleaned up')
    expect(output).toMatch(/the test 'takes too long' timed out after 20 ms. It was waiting:\n\s*<Task pending/)
    expect(output).toContain("replay: 'cancel main before #1'")
  })

  it('takes coroutine functions as hooks, and fails a test by a hook that fails', () => {
    const { passed, failed, output } = runFile(`import { describe, test } from 'node:test'
      describe('in order', () => {
        const log = []
        before(function* () { yield* sleep(3_600_000); log.push('before') })
        beforeEach(function* ({ name }) { yield* sleep(1); log.push('before ' + name) })
        afterEach(async ({ name }) => { await null; log.push('after ' + name) })
        after(function* () { yield* sleep(1); console.log(log.join()) })
        it('one', function* () { yield* sleep(1); log.push('one') })
        it('two', () => { log.push('two') })
      })
      const late = function* () { try { yield* sleep(1e6) } finally { console.log('cleaned up') } }
      const hooks = {
        'fails': [function* () { yield* sleep(1); throw new Error('the hook has run') }],
        'is late': [late, { realTime: true, timeout: 20 }],
        'leaves a Task': [function* () { getRunningLoop().createTask(sleep(1_000)) }],
        'is an async generator': [async function* () {}],
      }
      for (const [name, hook] of Object.entries(hooks)) describe(name, () => { beforeEach(...hook); test('t', () => {}) })
      for (const wrong of [[3], [() => {}, { timeouts: 1 }]]) try { beforeEach(...wrong) } catch (error) { console.log(error.message) }`)
    expect([passed, failed], output).toEqual([2, 4])
    for (const told of [
      'before,before one,one,after one,before two,two,after two',
      'the hook has run',
      'cleaned up',
      "the hook 'beforeEach' timed out after 20 ms. It was waiting:",
      "the hook 'beforeEach' has left something behind:",
      "the function of the hook 'beforeEach' is an async function*, which nothing runs. Write function* instead",
      "the hook 'beforeEach' needs a function, and its options after that, got 3",
      'timeouts',
    ]) {
      expect(output).toContain(told)
    }
  })
})
