// The test runners with an entry point in @spindle/testing: how each one is run on a file, and what it prints.

/** A test runner, used as a project would use it. */
export interface TestRunner {
  readonly name: string
  /** The module that exports `it`. */
  readonly entry: string
  /** Packages that a project installs in addition to Spindle. */
  readonly packages: readonly string[]
  /** The files it needs in addition to the tests. */
  readonly files: Readonly<Record<string, string>>
  /** The arguments for Node. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What it prints when seven have passed, one was skipped and all else has failed. */
  readonly prints: RegExp
}

// Bun's package has a script that moves the program to its final place. If npm runs no scripts, it stays where it was.
const RUN_BUN = `
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
const programs = readdirSync('node_modules/@oven').map((name) => 'node_modules/@oven/' + name + '/bin/bun')
programs.push('node_modules/bun/bin/bun.exe')
for (const program of programs.filter((file) => !file.includes('musl') && existsSync(file))) {
  const { status } = spawnSync(program, ['test'], { stdio: 'inherit' })
  process.exit(status ?? 2)
}
process.exit(2)
`

export const testRunners: readonly TestRunner[] = [
  {
    name: 'Vitest',
    entry: '@spindle/testing/vitest',
    packages: ['vitest@4.1.12'],
    files: {},
    args: ['node_modules/vitest/vitest.mjs', 'run'],
    env: {},
    prints: /9 failed.*7 passed.*1 skipped/,
  },
  {
    name: 'node:test',
    entry: '@spindle/testing/node-test',
    packages: [],
    files: {},
    args: ['--test', '--test-reporter=spec', 'runner.test.mjs'],
    env: {},
    prints: /pass 7\n.*fail 9\n.*cancelled 0\n.*skipped 1$/m,
  },
  {
    name: 'Jest',
    entry: '@spindle/testing/jest',
    packages: ['jest@30.5.2'],
    files: { 'jest.config.json': '{ "transform": {}, "testMatch": ["**/*.test.mjs"] }' },
    args: ['node_modules/jest/bin/jest.js', '--json', '--testLocationInResults'],
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
    prints: /"location":\{"column":1,"line":9\}[^{]*"in virtual time".*9 failed, 1 skipped, 7 passed/s,
  },
  {
    name: 'Bun',
    entry: '@spindle/testing/bun-test',
    packages: ['bun@1.4.4'],
    files: { 'bun.mjs': RUN_BUN },
    args: ['bun.mjs'],
    env: {},
    prints: /^ 7 pass\n 1 skip\n 9 fail$/m,
  },
]

/** The tests, which are the same for each runner. */
export const TESTS = `
import { coroutine, createTask, getRunningLoop, sleep } from 'spindle'

let hooks = 0
beforeEach(function* () { yield* sleep(3_600_000); hooks++ })
afterEach(function* () { yield* sleep(3_600_000); hooks++ })

it('in virtual time', function* () { yield* sleep(3_600_000) })
it('by coroutine()', coroutine(function* () { yield* sleep(3_600_000) }))
it('passed on', () => (function* () { yield* sleep(3_600_000) })())
it('in real time', function* () {
  if (getRunningLoop().hasVirtualTime) throw new Error('virtual')
  yield* sleep(1)
}, { realTime: true })
it('plain', async () => { await null })
it('after hooks', () => { if (hooks !== 11) throw new Error('hooks: ' + hooks) })
it('fails', function* () { yield* sleep(1); throw new Error('it has run') })
it('fails plain', async () => { throw new Error('plain has run') })
it('takes too long', function* () {
  try { yield* sleep(1e6) } finally { console.log('cleaned up') }
}, { realTime: true, timeout: 20 })
it('takes too long, plain', () => new Promise(() => {}), { timeout: 20 })
it('never ends', function* () { for (;;) yield* sleep(1000) }, { timeout: 50 })
it('is an async generator', async function* () {})
it('leaves a Task', function* () { createTask(sleep(1000)) })
it('reports', function* () {
  getRunningLoop().callSoon(() => { throw new Error('in a callback') })
  yield* sleep(1)
})
it.skip('skipped', function* () { throw new Error('skipped has run') })
it.explore('explored', function* () { yield* sleep(1) })
it.explore('fails, too', function* () { yield* sleep(1) }, {
  check({ cancelled }) { if (cancelled.length > 0) throw new Error('found') },
})
`

/** Further output that each runner prints. */
export const TOLD: readonly string[] = [
  'it has run',
  'plain has run',
  'cleaned up',
  "the test 'takes too long' timed out after 20 ms. It was waiting:",
  "the test 'takes too long, plain' timed out after 20 ms",
  "the test 'never ends' timed out after 50 ms. It was waiting:",
  '<Task pending',
  'is an async function*, which nothing runs. Write function* instead',
  "the test 'leaves a Task' has left something behind:",
  'in a callback',
  "replay: 'cancel main before #2'",
]
