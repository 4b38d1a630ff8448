import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spindle-node-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const SPINDLE = JSON.stringify(new URL('../../packages/spindle/src/index.ts', import.meta.url).href)
const NODE_TEST = JSON.stringify(new URL('../../packages/testing/src/node-test.ts', import.meta.url).href)
const TESTING = JSON.stringify(new URL('../../packages/testing/src/index.ts', import.meta.url).href)

/** Runs a test file with `node --test`. */
function runFile(code: string): { passed: number; failed: number; output: string } {
  const file = join(folder, 'program.test.mjs')
  writeFileSync(
    file,
    `import { coroutine, run, sleep } from ${SPINDLE}\nimport { inVirtualTime } from ${TESTING}
    import { it } from ${NODE_TEST}\n${code}`,
  )
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-reporter=tap', file], {
    encoding: 'utf8',
    env,
    cwd: new URL('../..', import.meta.url),
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
})
