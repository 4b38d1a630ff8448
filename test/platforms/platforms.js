// `npm test -- --platforms`: the tests of loop and task on every platform they are meant for, by
// Vitest itself.
//
// There is no list of the tests that apply to a platform. Each platform names the features that it lacks. Tests that
// fail there run again on this Node with just those features removed (without.mjs); those that fail again do not apply.
// A file that imports `node:inspector` needs the real one. In a browser, a test that blocks its page does not apply
// (no-blocking.js). On platforms without Node, a test that uses a module (no-node.js) or a global of Node does not
// apply.
//
// To save time, two platforms run at once, and the files of one run share their modules. `npm test` isolates each
// file.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWithUs } from '../../scripts/run-tests.mjs'
import { messageOf, pnpm, root } from '../../scripts/setup.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const installed = `${here}node_modules/`
const chromium = '/usr/bin/chromium'
const PACKAGES = ['packages/loop/src', 'packages/task/src', 'packages/testing/src/explore/same-schedules.test.ts']
const PROGRAMS = ['test/loop', 'test/task'] // most of them are programs for Node
const ANYWHERE = ['test/loop/tasks-on-loop.test.ts']
const ON_SERVERS = ['test/loop/host.test.ts', 'test/loop/two-copies.test.ts']
const ASKS_FOR_NODE = /^ReferenceError: (process|setImmediate|Buffer|global) is not defined\n.*\.test\.ts/
const LONGEST = 4 * 60_000
const AT_ONCE = 2

/**
 * How to run Vitest on a platform, the tests to run, and the features that the platform lacks.
 *
 * @typedef {{ name: string, command: [string | undefined, ...string[]], tests: string[], lacks: string[], needs?:
 * string, vitest?: string, args?: string[] }} Platform
 * @typedef {Map<string, { state: string, message: string }>} Outcomes by test
 * @typedef {{ outcomes: Outcomes, complete: boolean, output: string, seconds: number }} Run
 * @typedef {{ name: string, status: string, assertionResults: { fullName: string, status: string, failureMessages?:
 * string[] }[] }} TestFile
 */

/** @type {Platform[]} */
export const PLATFORMS = [
  ...['20', '22', '24', '26'].map((version) => ({
    name: `Node ${version}`,
    command: /** @type {[string]} */ ([
      process.versions.node.startsWith(`${version}.`) ? process.execPath : `${installed}node-${version}/bin/node`,
    ]),
    tests: [...PACKAGES, ...PROGRAMS],
    lacks: [],
  })),
  {
    name: 'Bun',
    command: [`${installed}@oven/bun-linux-x64/bin/bun`, '--bun'],
    tests: [...PACKAGES, ...ANYWHERE, ...ON_SERVERS],
    lacks: ['inspector', 'stack-traces', 'programs'],
  },
  {
    name: 'Deno',
    command: [`${installed}@deno/linux-x64-glibc/deno`, 'run', '--allow-all'],
    args: ['--pool=threads'],
    tests: [...PACKAGES, ...ANYWHERE, ...ON_SERVERS],
    lacks: ['inspector', 'programs'],
  },
  {
    name: 'Chromium',
    needs: chromium,
    command: [process.execPath],
    vitest: `${installed}vitest/vitest.mjs`,
    args: [`--config=${here}vitest.config.js`],
    tests: [...PACKAGES, ...ANYWHERE],
    lacks: ['inspector', 'stack-traces', 'blocking', 'programs', 'Node'],
  },
]

/**
 * Runs the tests on the selected platforms, prints the results, and returns how many passed and failed. A platform that
 * is not installed counts as skipped.
 *
 * @param {(platform: Platform) => boolean} isWanted
 */
export async function testPlatforms(isWanted = () => true) {
  const wanted = PLATFORMS.filter(isWanted)
  const why = install() ? 'it is not here' : 'it is not here, and the installation failed'
  /** @param {Platform} platform */
  const isHere = ({ command: [program = ''], needs = program }) => existsSync(program) && existsSync(needs)
  for (const platform of wanted) if (!isHere(platform)) console.log(`${platform.name}: skipped: ${why}`)
  const present = wanted.filter(isHere)
  const { setup } = await import('../tooling/built-packages.mjs') // not at the top: it needs what setUp() installs
  await setup() // once, as two runs that build at the same time remove each other's output
  const scratch = mkdtempSync(join(tmpdir(), 'spindle-platforms-'))
  let failed
  try {
    const runs = await twoAtATime(present, (platform) => runOn(platform, join(scratch, `${platform.name}.json`)))
    const without = await runWithout(present, runs, scratch)
    failed = judge(present, runs, without)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return { ...failed, skipped: wanted.length - present.length }
}

/**
 * All but `program`; in the short form also without the Node.js versions between the oldest and the newest. `.ci/run`
 * tests Node.js 24 by `npm test`.
 *
 * @param {string} program
 * @param {{ short: boolean }} form
 */
export function platformsBesides(program, { short }) {
  /** @param {Platform} platform */
  return ({ name, command: [main] }) =>
    (main !== program || name === 'Chromium') && !(short && ['Node 22', 'Node 24'].includes(name))
}

/**
 * @param {Platform[]} platforms
 * @param {Run[]} runs
 * @param {Map<string, Outcomes>} without
 */
function judge(platforms, runs, without) {
  // All known tests: a platform that did not run one of them has not passed it, whether a file failed to load or the
  // run was cut short.
  const all = new Set(runs.flatMap(({ outcomes }) => [...outcomes.keys()]))
  let totalPassed = 0
  let totalFailed = 0
  const table = platforms.map(({ name, tests, lacks }, index) => {
    const { outcomes, complete, output, seconds } = /** @type {Run} */ (runs[index])
    const inapplicable = new Set(inapplicableOn(lacks, outcomes, all))
    for (const [test, { state }] of without.get(String(lacks)) ?? []) if (state === 'failed') inapplicable.add(test)
    let passed = 0
    const failed = []
    for (const test of all) {
      if (inapplicable.has(test) || !tests.some((path) => test.startsWith(path))) continue
      const { state, message } = outcomes.get(test) ?? { state: 'failed', message: 'did not run' }
      if (state === 'passed') passed++
      else failed.push(`${test}\n    ${message.split('\n', 1)[0]}`)
    }
    if (!complete) failed.unshift(`the run itself\n    ${output.slice(-2000)}`)
    if (failed.length > 0) console.log(`${name}:\n${failed.map((failure) => `  × ${failure}`).join('\n')}`)
    totalPassed += passed
    totalFailed += failed.length
    const note = lacks.length > 0 ? `without ${lacks.join(', ')}` : ''
    return { platform: name, passed, failed: failed.length, 'does not apply': inapplicable.size, seconds, note }
  })
  if (table.length > 0) console.table(table)
  return { passed: totalPassed, failed: totalFailed }
}

/**
 * The tests that are known not to apply without running them on this Node.
 *
 * @param {string[]} lacks
 * @param {Outcomes} outcomes
 * @param {Iterable<string>} all
 */
function* inapplicableOn(lacks, outcomes, all) {
  const excluded = excludedFor(lacks)
  for (const test of all) if (excluded.includes(fileOf(test))) yield test
  for (const [test, { state, message }] of outcomes) {
    if (state !== 'passed' && state !== 'failed') yield test
    else if (lacks.includes('Node') && ASKS_FOR_NODE.test(message)) yield test
  }
}

/**
 * For each set of missing features: the outcomes, on this Node without these features, of the files that had failures
 * on such a platform.
 *
 * @param {Platform[]} platforms
 * @param {Run[]} runs
 * @param {string} scratch
 */
async function runWithout(platforms, runs, scratch) {
  /** @type {Map<string, Set<string>>} */
  const suspects = new Map()
  for (const [index, { lacks }] of platforms.entries()) {
    const { outcomes } = /** @type {Run} */ (runs[index])
    const inapplicable = new Set(inapplicableOn(lacks, outcomes, []))
    for (const [test, { state }] of outcomes) {
      if (lacks.length === 0 || state !== 'failed' || inapplicable.has(test)) continue
      const files = suspects.get(String(lacks)) ?? new Set()
      suspects.set(String(lacks), files.add(fileOf(test)))
    }
  }
  const preload = `--import=${new URL('without.mjs', import.meta.url)}`
  const results = await twoAtATime([...suspects], async ([lacks, files]) => {
    const env = { NODE_OPTIONS: `${preload}?${lacks}` }
    const { outcomes } = await vitest([process.execPath], [...files], env, join(scratch, `without ${lacks}.json`))
    return /** @type {const} */ ([lacks, outcomes])
  })
  return new Map(results)
}

/**
 * @param {Platform} platform
 * @param {string} file
 */
async function runOn({ name, command: [program, ...first], args = [], tests, lacks, vitest: main }, file) {
  const exclude = excludedFor(lacks).map((path) => `--exclude=${path}`)
  const run = await vitest([String(program), ...first], [...tests, ...args, ...exclude], {}, file, main)
  console.log(`${name}: ${run.outcomes.size} tests in ${run.seconds} s`)
  return run
}

/**
 * @param {[string, ...string[]]} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {string} file where the results go
 * @returns {Promise<Run>}
 */
async function vitest([program, ...first], args, env, file, main = `${root}node_modules/vitest/vitest.mjs`) {
  const started = Date.now()
  const config = args.some((arg) => arg.startsWith('--config=')) ? [] : [`--config=${root}vitest.platforms.config.ts`]
  const { status, output } = await execute(
    program,
    [
      ...first,
      main,
      'run',
      ...args,
      ...config,
      `--root=${root}`,
      '--no-isolate',
      '--maxWorkers=1',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { ...process.env, ...env },
  )
  const seconds = Math.round((Date.now() - started) / 1000)
  /** @type {Outcomes} */
  const outcomes = new Map()
  /** @type {{ testResults: TestFile[] }} */
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { outcomes, complete: false, output, seconds }
  }
  let broken = false
  for (const { name, status, assertionResults } of report.testResults) {
    const path = relative(root, name)
    if (assertionResults.length === 0 && status === 'failed') broken = true
    for (const { fullName, status, failureMessages } of assertionResults) {
      // Tests that share a name share an outcome, the worse one.
      const test = `${path} > ${fullName}`
      if (outcomes.get(test)?.state !== 'failed')
        outcomes.set(test, { state: status, message: failureMessages?.join('\n') ?? '' })
    }
  }
  // An error that belongs to no test, such as an unhandled rejection, shows in the exit code alone.
  const anyFailed = [...outcomes.values()].some(({ state }) => state === 'failed')
  if (status !== 0 && !anyFailed) broken = true
  return { outcomes, complete: !broken, output, seconds }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function execute(program, args, env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    // With all its children: a busy program would keep running.
    const kill = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL')
    const limit = setTimeout(kill, LONGEST)
    const stay = endWithUs(kill)
    child.on('close', () => {
      clearTimeout(limit)
      stay()
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('error', (error) => resolve({ status: null, output: String(error) }))
    child.on('close', (status) => resolve({ status, output }))
  })
}

/**
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} work
 * @returns {Promise<R[]>}
 */
async function twoAtATime(items, work) {
  /** @type {R[]} */
  const results = []
  const left = items.entries()
  async function worker() {
    for (const [index, item] of left) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

/** @param {string[]} lacks */
function excludedFor(lacks) {
  return lacks.includes('inspector') ? ['packages/loop/src/inspect/source-location.test.ts'] : []
}

/** @param {string} test */
function fileOf(test) {
  return test.slice(0, test.indexOf(' > '))
}

/** Installs the engines, and returns whether that worked. Without a network, this is not a failure. */
export function install() {
  const lockfile = `${installed}.pnpm/lock.yaml`
  if (existsSync(lockfile) && readFileSync(lockfile, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8'))
    return true
  console.error('Installing the platforms …')
  process.env['npm_config_fetch_retries'] ??= '1' // more retries would take minutes
  try {
    const { status, output } = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], here)
    if (status === 0) return true
    console.error(output)
  } catch (error) {
    console.error(messageOf(error))
  }
  return false
}
