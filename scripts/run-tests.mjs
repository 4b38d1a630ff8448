// Runs Vitest, and prints each failure with the command that runs that test alone.

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import { check } from './check.mjs'
import { root } from './setup.mjs'

// Files with failures that are run once more.
const MOST_TRIED_ALONE = 4

let runs = 0

/**
 * @typedef {{ passed: number, failed: number }} Count
 * @typedef {{ file: string, name: string, message: string }} Failure
 */

/**
 * Checks types, format and lint, and runs the tests.
 *
 * @param {readonly string[]} [args] for Vitest
 * @param {{ core?: boolean }} [options] `core`: types, format and lint of loop and task only
 * @returns {Promise<Count>}
 */
export async function testAll(args = [], options = {}) {
  // Concurrently: the compiler alone would leave a core idle.
  const [checks, tests] = await Promise.all([check(options), runTests(args)])
  process.stdout.write(checks.report)
  return { passed: checks.passed + tests.passed, failed: checks.failed + tests.failed }
}

/**
 * Prints the last line and sets the exit code.
 *
 * @param {Count} count
 */
export function conclude({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

/**
 * Runs tests, and prints the failures, each with the command that runs this test alone.
 *
 * @param {readonly string[]} args for Vitest
 * @param {{ command?: string }} [options] `command` runs them
 * @returns {Promise<Count>}
 */
export async function runTests(args, { command = 'npm test' } = {}) {
  const { passed, failures } = await runOnce(args)
  const { passedAlone, failed } = await tryAlone(failures, args)
  for (const { file, name, message } of failed) {
    if (file === '') {
      console.log(`✗ ${message}`)
      continue
    }
    const alone = name === '' ? `${command} ${file}` : `${command} ${file} -- -t ${JSON.stringify(name)}`
    console.log(`✗ ${file} > ${name}\n  ${message.split('\n')[0]}\n  alone: ${alone}`)
  }
  for (const { file, name, message } of passedAlone)
    console.log(`✗ once, then passed alone: ${file} > ${name}\n  ${message.split('\n')[0]}`)
  return { passed: passed + passedAlone.length, failed: failed.length }
}

/**
 * Runs the files of failed tests once more, one after another: what fails beside others and passes alone depends on the
 * machine. It is printed, and to be mended, but does not say that the program is wrong. More than a few failures do.
 *
 * @param {readonly Failure[]} failures
 * @param {readonly string[]} args
 * @returns {Promise<{ passedAlone: readonly Failure[], failed: readonly Failure[] }>}
 */
async function tryAlone(failures, args) {
  const files = [...new Set(failures.map(({ file }) => file))]
  if (files.length === 0 || files.length > MOST_TRIED_ALONE || files.includes('')) {
    return { passedAlone: [], failed: failures }
  }
  const options = args.filter((arg) => arg.startsWith('--'))
  const again = await runOnce([...options, ...files, '--no-file-parallelism'])
  // A failure without a file is an error outside the tests, which belongs to any of them.
  const countsAsFailed = (/** @type {Failure} */ { file, name }) =>
    again.passed === 0 ||
    again.failures.some((each) => each.file === '' || (each.file === file && (each.name === name || each.name === '')))
  return {
    passedAlone: failures.filter((failure) => !countsAsFailed(failure)),
    failed: failures.filter(countsAsFailed),
  }
}

/**
 * Runs Vitest once.
 *
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<{ passed: number, failures: Failure[] }>}
 */
export async function runOnce(args, { quiet = false } = {}) {
  const results = `${root}node_modules/.cache/vitest-${process.pid}-${runs++}.json`
  mkdirSync(`${root}node_modules/.cache`, { recursive: true })
  // On a terminal, Vitest shows a live line. Elsewhere, one line per file shows the progress, and a hang is ended.
  const progress = process.stdout.isTTY && !quiet ? 'default' : `${root}test/tooling/progress-reporter.ts`
  const all = ['run', `--reporter=${progress}`, '--reporter=json', `--outputFile.json=${results}`, ...args]
  const status = await vitest(all, { quiet })
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'))
    const failures = testResults.flatMap(failuresOf)
    if (testResults.length === 0) failures.push({ file: '', name: '', message: 'no test file has this in its path' })
    // An error outside of any test, such as an unhandled rejection, shows only in the exit code.
    else if (failures.length === 0 && status !== 0)
      failures.push({ file: '', name: '', message: 'an error outside the tests' })
    else if (failures.length === 0 && numPassedTests === 0)
      failures.push({ file: '', name: '', message: 'no test was run: none has this name' })
    return { passed: numPassedTests, failures }
  } catch {
    return {
      passed: 0,
      failures: [{ file: '', name: '', message: `Vitest ended with ${status} before it could report` }],
    }
  } finally {
    rmSync(results, { force: true })
  }
}

/**
 * @param {{ name: string, status: string, message: string, assertionResults: { fullName: string, status: string,
 * failureMessages: string[] }[] }} result
 * @returns {Failure[]}
 */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(root, name)
  const failed = assertionResults.filter((each) => each.status === 'failed')
  // The process of the file ended before its tests did.
  if (assertionResults.some((each) => each.status === 'pending'))
    return [{ file, name: '', message: 'its process ended, or was ended because it hung' }]
  if (failed.length === 0 && status === 'failed') return [{ file, name: '', message: message || 'could not be loaded' }]
  return failed.map(({ fullName, failureMessages }) => ({ file, name: fullName, message: failureMessages[0] ?? '' }))
}

/**
 * Runs Vitest. Ctrl-C ends it at once, with every process that a test has started.
 *
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<number>}
 */
export function vitest(args, { quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...args], {
      cwd: root,
      stdio: ['ignore', quiet ? 'ignore' : 'inherit', quiet ? 'ignore' : 'inherit'],
      detached: process.platform !== 'win32', // a process group, which can be ended as a whole
    })
    const end = () => {
      try {
        process.kill(process.platform === 'win32' ? (child.pid ?? 0) : -(child.pid ?? 0), 'SIGKILL')
      } catch {
        // it has already ended
      }
    }
    const stay = endWithUs(end)
    child.on('close', (code) => {
      end() // processes that a hung test has started
      stay()
      resolve(code ?? 1)
    })
  })
}

/**
 * Calls `end` when this process ends, which Ctrl-C does at once. Returns a function that undoes that.
 *
 * @param {() => void} end
 */
export function endWithUs(end) {
  const interrupted = () => {
    console.log('\ninterrupted')
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted)
  process.once('exit', end)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupted)
    process.off('exit', end)
  }
}
