// `npm test`: sets up, then runs everything that must hold, and ends with the line `N passed, N failed`.
// With arguments it is Vitest's command line: `pnpm test --watch`, `pnpm test lock`.

import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from './check.mjs'
import { messageOf, root, setUp } from './setup.mjs'

const RESULTS = `${root}node_modules/.cache/vitest-${process.pid}.json`
// Twenty minutes: several times what it takes. A test that blocks its thread for ever could not be ended otherwise.
const LONGEST = 20 * 60_000

/** Sets up, checks and tests, prints what is wrong, and tells how many passed and failed. */
export function testAll() {
  try {
    setUp()
  } catch (error) {
    console.log(messageOf(error))
    return { passed: 0, failed: 1 }
  }
  const checks = check()
  const tests = test()
  return { passed: checks.passed + tests.passed, failed: checks.failed + tests.failed }
}

/**
 * Prints the last line, and has the process end as it says.
 *
 * @param {{ passed: number, failed: number }} result
 */
export function conclude({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
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
  tellRetried(results.testResults)
  const failed = results.numFailedTests + results.testResults.filter(hasFailedOutsideOfItsTests).length
  // An error that belongs to no test, such as an unhandled rejection, shows in the exit code alone.
  return { passed: results.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed }
}

/**
 * A test that was tried again and passed is no failure, but whoever looks for the reason needs the error.
 *
 * @param {{ name: string, assertionResults: { fullName: string, status: string, failureMessages: string[] }[] }[]} files
 */
function tellRetried(files) {
  for (const { name, assertionResults } of files) {
    for (const { fullName, status, failureMessages } of assertionResults) {
      if (status !== 'passed' || failureMessages.length === 0) continue
      console.log(`↻ ${relative(root, name)} > ${fullName}\n  failed at its first try: ${failureMessages[0]}`)
    }
  }
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2)
  if (args.length === 0) {
    conclude(testAll())
  } else {
    setUp()
    process.exitCode = vitest(args.includes('--watch') || args.includes('-w') ? args : ['run', ...args])
  }
}
