// `pnpm test:platforms`: the tests of @spindle/loop and @spindle/task on every platform they are meant for, by Vitest itself.
//
// Which tests apply is not written down by hand. A platform names what it lacks; the tests are run once on this Node with
// just that taken away (without.mjs), and what fails then does not apply. A file that imports `node:inspector` needs the real one.
// In a browser a test that comes to block its page does not apply either (no-blocking.js).
// Where there is no Node at all, a test does not apply that asks for a module (no-node.js) or a global of Node itself.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pnpm, root, setUp } from '../../scripts/setup.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const installed = `${here}node_modules/`
const chromium = '/usr/bin/chromium'
const TESTS = ['packages/loop/src', 'packages/task/src']
const ASKS_FOR_NODE = /^ReferenceError: (process|setImmediate|Buffer|global) is not defined\n.*\.test\.ts/
const MINUTES = 60_000

/**
 * What it takes to run Vitest there, and what a platform has not.
 *
 * @typedef {{ name: string, command: [string | undefined, ...string[]], lacks: string[], needs?: string, vitest?: string, args?: string[] }} Platform
 * @typedef {Map<string, { state: string, message: string }>} Outcomes by test
 * @typedef {{ name: string, status: string, assertionResults: { fullName: string, status: string, failureMessages?: string[] }[] }} TestFile
 */

/** @type {Platform[]} */
const PLATFORMS = [
  { name: 'Node 20', command: [process.versions.node.startsWith('20.') ? process.execPath : undefined], lacks: [] },
  { name: 'Node 22', command: [`${installed}node-22/bin/node`], lacks: [] },
  { name: 'Node 24', command: [`${installed}node-24/bin/node`], lacks: [] },
  { name: 'Node 26', command: [`${installed}node-26/bin/node`], lacks: [] },
  {
    name: 'Bun',
    command: [`${installed}@oven/bun-linux-x64/bin/bun`, '--bun'],
    lacks: ['inspector', 'stack traces'],
  },
  {
    name: 'Deno',
    command: [`${installed}@deno/linux-x64-glibc/deno`, 'run', '--allow-all'],
    args: ['--pool=threads'],
    lacks: ['inspector'],
  },
  {
    name: 'Chromium',
    needs: chromium,
    command: [process.execPath],
    vitest: `${installed}vitest/vitest.mjs`,
    args: [`--config=${here}vitest.config.js`],
    lacks: ['inspector', 'stack traces', 'blocking', 'Node'],
  },
]

const scratch = mkdtempSync(join(tmpdir(), 'spindle-platforms-'))
const wanted = process.argv.slice(2)
/** @type {Map<string, Outcomes>} What a platform lacks → the outcome of each test on this Node without it. */
const all = new Map()
/** @type {({ platform: string } & ReturnType<typeof judge>)[]} */
const table = []
try {
  setUp()
  install()
  for (const platform of PLATFORMS) {
    if (wanted.length > 0 && !wanted.some((word) => platform.name.toLowerCase().includes(word.toLowerCase()))) continue
    table.push({ platform: platform.name, ...judge(platform) })
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
console.table(table)
/** @param {'passed' | 'failed' | 'skipped'} column */
const sum = (column) => table.reduce((total, row) => total + row[column], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
process.exitCode = sum('failed') === 0 ? 0 : 1

/** @param {Platform} platform */
function judge({ name, command: [program, ...first], args = [], lacks, vitest, needs = program }) {
  const absent = { passed: 0, failed: 0, skipped: 1, 'does not apply': 0, note: 'absent' }
  if (program === undefined || needs === undefined || !existsSync(needs)) {
    console.log(`${name}: skipped, as it is not here`)
    return absent
  }
  console.log(`${name} …`)
  /** @type {Outcomes} */
  const without = lacks.length > 0 ? outcomesWithout(lacks) : new Map()
  const started = Date.now()
  const excluded = lacks.includes('inspector') ? filesThatImport('node:inspector', without) : []
  const exclude = excluded.map((path) => `--exclude=${path}`)
  const { outcomes, complete, output } = run([program, ...first], [...args, ...exclude], {}, vitest)
  const inapplicable = new Set()
  for (const [test, { state }] of without) if (state === 'failed') inapplicable.add(test)
  if (lacks.includes('Node')) {
    for (const [test, { message }] of outcomes) if (ASKS_FOR_NODE.test(message)) inapplicable.add(test)
  }
  for (const [test, { state }] of outcomes) if (state !== 'passed' && state !== 'failed') inapplicable.add(test)
  for (const test of without.keys()) if (excluded.includes(fileOf(test))) inapplicable.add(test)
  let passed = 0
  const failed = []
  for (const [test, { state, message }] of outcomes) {
    if (inapplicable.has(test)) continue
    if (state === 'passed') passed++
    if (state === 'failed') failed.push(`${test}\n    ${message.split('\n', 1)[0]}`)
  }
  // A test that never ran has not passed: a file that failed to load, a run that was cut short.
  for (const test of without.keys()) {
    if (!outcomes.has(test) && !inapplicable.has(test)) failed.push(`${test}\n    did not run`)
  }
  if (!complete && failed.length === 0) failed.push(`the run itself\n    ${output.slice(-2000)}`)
  for (const failure of failed) console.log(`  × ${failure}`)
  const note = `${Math.round((Date.now() - started) / 1000)} s${lacks.length > 0 ? `, without ${lacks.join(', ')}` : ''}`
  return { passed, failed: failed.length, skipped: 0, 'does not apply': inapplicable.size, note }
}

/** @param {string[]} lacks */
function outcomesWithout(lacks) {
  const key = lacks.join(',')
  const known = all.get(key)
  if (known !== undefined) return known
  const preload = `--import=${new URL('without.mjs', import.meta.url)}`
  const { outcomes } = run([process.execPath], [], { NODE_OPTIONS: preload, SPINDLE_WITHOUT: key })
  if (outcomes.size === 0) throw new Error(`the tests did not run on Node without ${key}`)
  all.set(key, outcomes)
  return outcomes
}

/**
 * @param {[string, ...string[]]} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function run(command, args, env, vitest = `${root}node_modules/vitest/vitest.mjs`) {
  const file = join(scratch, 'results.json')
  rmSync(file, { force: true })
  const [program, ...first] = command
  const result = spawnSync(
    program,
    [...first, vitest, 'run', ...TESTS, ...args, '--reporter=json', `--outputFile.json=${file}`],
    { cwd: root, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 4 * MINUTES, killSignal: 'SIGKILL' },
  )
  /** @type {Outcomes} */
  const outcomes = new Map()
  /** @type {{ testResults: TestFile[] }} */
  let report
  try {
    report = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { outcomes, complete: false, output: `${result.stdout}${result.stderr}` }
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
  if (result.status !== 0 && !anyFailed) broken = true
  return { outcomes, complete: !broken, output: `${result.stdout}${result.stderr}` }
}

/**
 * @param {string} module
 * @param {Outcomes} outcomes
 */
function filesThatImport(module, outcomes) {
  const files = new Set([...outcomes.keys()].map(fileOf))
  return [...files].filter((path) => readFileSync(join(root, path), 'utf8').includes(` from '${module}'`))
}

/** @param {string} test */
function fileOf(test) {
  return test.slice(0, test.indexOf(' > '))
}

function install() {
  const lockfile = `${installed}.pnpm/lock.yaml`
  if (existsSync(lockfile) && readFileSync(lockfile, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8')) return
  console.error('Installing the platforms …')
  const { status, output } = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], here)
  if (status !== 0) console.error(`the installation failed, what is not here is skipped:\n${output}`)
}
