// The test command.
//
//   npm test                      sets up, then checks everything in its short form, in about three minutes
//   npm test lock                 the test files of that name, else those whose path contains it; other arguments go to
//                                 Vitest. A run of no test fails
//   npm test -- --core            types, lint and tests of loop and task alone: for use while you edit
//   npm test -- --long mistakes   in the long form: more calls, more random programs
//   npm test -- --all             everything in its long form, and on all platforms; with --short, in the short form
//   npm test -- --built           the tests that use no more of their package than its exports, on the built packages
//   npm test -- --browser         the page of examples/browser in Chromium; --lab: the Lab
//   npm test -- --platforms bun   loop and task on Node 20 to 26, Bun, Deno and Chromium
//   npm test -- --distributed     spindle/distributed, more than in the long form
//   npm test -- --stress thread   20 times beside eight busy processes, or --rounds 5; counts the failures
//
// The last line is `N passed, N failed`.

import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { changeSettings } from '../test/tooling/settings.mjs'
import { CORE } from './check.mjs'
import { conclude, runOnce, runTests, testAll, vitest } from './run-tests.mjs'
import { messageOf, root, setUp } from './setup.mjs'

const given = process.argv.slice(2).filter((arg) => arg !== '--')
const [mode = '', ...rest] = given
/** @type {Record<string, () => Promise<import('./run-tests.mjs').Count>>} */
const modes = {
  '': () => testAll(),
  '--core': () => testAll([...CORE, ...rest], { core: true }),
  '--long': () => inForm('all', () => (rest.length === 0 ? testAll() : runTests(rest))),
  '--all': () => everywhere(rest),
  '--built': () => runProject('built', rest),
  '--browser': () => runProject('browser', rest),
  '--lab': () => runProject('lab', rest),
  '--platforms': () => onPlatforms(rest),
  '--distributed': () => inForm('full', () => runTests(['packages/distributed/src', 'test/distributed', ...rest])),
  '--stress': () => stress(rest),
}

try {
  setUp()
} catch (error) {
  console.log(messageOf(error))
  conclude({ passed: 0, failed: 1 })
  process.exit()
}
if (given.some((arg) => arg === '--watch' || arg === '-w')) process.exitCode = await vitest(given)
else conclude(await (modes[mode] ?? (() => runTests(named(given))))())

/**
 * Replaces a word that is the name of test files by their paths: to Vitest, `lock` is a part of `blocking`, too.
 *
 * @param {readonly string[]} words
 */
function named(words) {
  const files = ['packages', 'test', 'apps', 'examples'].flatMap(testFiles)
  return words.flatMap((word, index) => {
    const isValue = words[index - 1]?.startsWith('-') === true // of an option
    const found = isValue ? [] : files.filter((file) => file.endsWith(`/${word}.test.ts`))
    return found.length > 0 ? found : [word]
  })
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function testFiles(folder) {
  if (!existsSync(root + folder)) return []
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return /^(?:node_modules|dist|\..*)$/.test(entry.name) ? [] : testFiles(path)
    return path.endsWith('.test.ts') ? [path] : []
  })
}

/**
 * Runs one of the projects that vitest.config.ts leaves out unless they are asked for.
 *
 * @param {string} name
 * @param {readonly string[]} [args]
 */
function runProject(name, args = []) {
  return runTests([`--project=${name}`, ...args], { command: `npm test -- --${name}` })
}

/**
 * @template T
 * @param {'all' | 'full' | undefined} form
 * @param {() => Promise<T>} run
 */
async function inForm(form, run) {
  changeSettings({ form })
  return await run()
}

/**
 * Everything in its long form, and the pages in Chromium; then, in the short form, the tests that can run on the built
 * packages, and those of loop and task on every platform that is or can be installed: random programs and large numbers
 * have been tried by then.
 *
 * @param {readonly string[]} args
 */
async function everywhere(args) {
  const { platformsBesides, testPlatforms } = await import('../test/platforms/platforms.js')
  const words = args.filter((arg) => arg !== '--short')
  const here = await inForm(args.includes('--short') ? undefined : 'all', () => testAll(words))
  // One after another: beside a browser, tests with sockets, threads and moments would share two cores with it.
  const [inChromium, built, elsewhere] = await inForm(undefined, async () => [
    await pages(),
    // In the short form, most of them have just run on the built packages.
    await runProject('built', args.includes('--short') ? ['loop'] : []),
    await testPlatforms(platformsBesides(process.execPath, { short: args.includes('--short') })),
  ])
  // In CI nothing may be left out: a missing platform is a failure.
  const missing = process.env['CI'] === 'true' ? elsewhere.skipped : 0
  return sumOf([here, ...inChromium, built, elsewhere, { passed: 0, failed: missing }])
}

async function pages() {
  if (!existsSync('/usr/bin/chromium')) return [] // the run of the platforms reports it
  return [await runProject('browser'), await runProject('lab')]
}

/** @param {readonly string[]} words */
async function onPlatforms(words) {
  const { testPlatforms } = await import('../test/platforms/platforms.js')
  const isWanted = (/** @type {{ name: string }} */ { name }) =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()))
  const { passed, failed, skipped } = await testPlatforms(isWanted)
  if (skipped > 0) console.log(`${skipped} skipped`)
  return { passed, failed }
}

/** @param {readonly import('./run-tests.mjs').Count[]} counts */
function sumOf(counts) {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  }
}

/**
 * Runs the tests many times on a machine that is busy with other work, and prints a table of the failures.
 *
 * @param {readonly string[]} args
 */
async function stress(args) {
  const at = args.indexOf('--rounds')
  const rounds = at === -1 ? 20 : Number(args[at + 1])
  const words = named(at === -1 ? args : args.toSpliced(at, 2))
  const busy = Array.from({ length: 8 }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
  process.once('exit', () => busy.forEach((each) => void each.kill('SIGKILL')))
  /** @type {Map<string, { times: number, message: string }>} */
  const failed = new Map()
  let passed = 0
  for (let round = 1; round <= rounds; round++) {
    const { passed: count, failures } = await runOnce(words, { quiet: true })
    passed += count
    for (const { file, name, message } of failures) {
      const test = `${file} > ${name}`
      failed.set(test, { times: (failed.get(test)?.times ?? 0) + 1, message: message.split('\n')[0] ?? '' })
    }
    console.log(`round ${round} of ${rounds}: ${count} passed, ${failures.length} failed`)
  }
  for (const each of busy) each.kill('SIGKILL')
  console.log(failed.size === 0 ? 'nothing failed' : 'failed | test, and its last error')
  const byTimes = [...failed].toSorted(([, a], [, b]) => b.times - a.times)
  for (const [test, { times, message }] of byTimes) console.log(`${times} of ${rounds} | ${test}\n  ${message}`)
  return { passed, failed: byTimes.reduce((sum, [, { times }]) => sum + times, 0) }
}
