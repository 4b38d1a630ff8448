// `npm test`: sets up, then runs everything that must hold, and ends with the line `N passed, N failed`.
// With arguments it is Vitest's command line: `pnpm test --watch`, `pnpm test lock`.

import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { check } from './check.mjs'
import { messageOf, root, setUp } from './setup.mjs'

const RESULTS = `${root}node_modules/.cache/vitest-${process.pid}.json`
// Twenty minutes: several times what it takes. A test that blocks its thread for ever could not be ended otherwise.
const LONGEST = 20 * 60_000
const args = process.argv.slice(2)

try {
  setUp()
} catch (error) {
  console.log(`${messageOf(error)}\n0 passed, 1 failed`)
  process.exit(1)
}
if (args.length > 0) {
  process.exitCode = vitest(args.includes('--watch') || args.includes('-w') ? args : ['run', ...args])
} else {
  const checks = check()
  const tests = test()
  const failed = checks.failed + tests.failed
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function test() {
  const status = vitest(['run', '--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`], LONGEST)
  let results
  try {
    results = JSON.parse(readFileSync(RESULTS, 'utf8'))
  } catch {
    return { passed: 0, failed: 1 } // it ended before it could say how
  }
  rmSync(RESULTS)
  const failed = results.numFailedTests + results.testResults.filter(hasFailedOutsideOfItsTests).length
  // An error that belongs to no test, such as an unhandled rejection, shows in the exit code alone.
  return { passed: results.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed }
}

/** @param {{ status: string, assertionResults: { status: string }[] }} file */
function hasFailedOutsideOfItsTests(file) {
  return file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')
}

/**
 * @param {string[]} args
 * @param {number} [timeout] in ms; after it the tests are killed
 */
function vitest(args, timeout) {
  const { status } = spawnSync(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...args], {
    cwd: root,
    stdio: 'inherit',
    ...(timeout === undefined ? {} : { timeout, killSignal: 'SIGKILL' }),
  })
  return status ?? 1
}
