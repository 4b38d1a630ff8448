// `pnpm bench:guard`: has a step got dearer? Times can't tell on a busy machine; counts can, as they come out the same
// whatever else runs: the bytes an operation allocates, and the instructions it takes, where valgrind is installed. The
// engine is told to do all its work on one thread, at the same moments each time.
//
//   pnpm bench:guard                 compares with counts.json, for one version of Node and one kind of processor
//   pnpm bench:guard --against main compares with another state of the repository, counted here and now: holds anywhere
//   pnpm bench:guard --bytes         leaves the instructions out: seconds instead of minutes
//   pnpm bench:guard --update        writes counts.json
//   pnpm bench:guard --prove         makes a step dearer, and sees that this is noticed

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSpindle } from '../harness/spindle-build.js'
import { workloads } from '../harness/workloads.js'

/** @typedef {{ bytes: number, instructions?: number }} Counts for one operation */

/** @type {Record<string, import('../harness/workloads.js').Size>} */
const sizes = {
  switch: { tasks: 100, rounds: 2000 },
  'switch-mixed': { tasks: 100, rounds: 1000 },
  'spawn-seq': { tasks: 20_000 },
  'spawn-all': { tasks: 20_000 },
  future: { count: 20_000 },
  'depth-100': { depth: 100, rounds: 50_000 },
  fib: { n: 19 },
  cancel: { tasks: 5000 },
  'timers-cancel': { tasks: 20_000 },
  'queue-1': { count: 20_000, maxsize: 1 },
  lock: { tasks: 100, rounds: 100 },
}

// What counts as dearer. Repeated counts differ by less than a tenth of this.
const TOLERANCE = 0.05
const TOLERATED_BYTES = 4

// One thread; hashes that do not depend on chance; and while bytes are counted nothing may be collected.
const ONE_THREAD = ['--predictable', '--single-threaded', '--expose-gc', '--hash-seed=1', '--random-seed=1']
const NOTHING_COLLECTED = ['--min-semi-space-size=512', '--max-semi-space-size=512']
const COUNT = fileURLToPath(new URL('count.js', import.meta.url))
const FILE = fileURLToPath(new URL('counts.json', import.meta.url))
const key = `node ${process.versions.node.split('.')[0]} ${arch()}`

const { values: options } = parseArgs({
  options: {
    against: { type: 'string' },
    bytes: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    prove: { type: 'boolean', default: false },
    workload: { type: 'string' },
  },
})

const hasValgrind = !options.bytes && spawnSync('valgrind', ['--version']).status === 0
const names =
  options.workload?.split(',') ?? Object.keys(sizes).filter((name) => workloads.some((w) => w.name === name))
if (!hasValgrind && !options.bytes) console.log('There is no valgrind here: bytes are counted, instructions are not.')
await buildSpindle()
if (options.prove) prove()
else if (options.update) update()
else if (options.against !== undefined) compare(await countAt(options.against), options.against)
else compare(recorded(), `counts.json (${key})`)

function prove() {
  const name = 'switch'
  const before = count(name)
  const handicaps = {
    'an object in each step': 'object',
    ...(hasValgrind ? { 'a tenth of work in each step': 'work' } : {}),
  }
  for (const [what, handicap] of Object.entries(handicaps)) {
    const after = count(name, handicap)
    const dearer = isDearer(before, after)
    console.log(`${name}: ${show(before)}; with ${what}: ${show(after)}  ${dearer ? 'noticed' : 'NOT noticed'}`)
    if (!dearer) process.exitCode = 1
  }
}

function update() {
  const all = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}
  all[key] = { ...all[key], ...Object.fromEntries(names.map((name) => [name, count(name)])) }
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`)
}

/**
 * @param {Record<string, Counts>} before
 * @param {string} what
 */
function compare(before, what) {
  console.log(`Bytes and instructions of an operation, against ${what}:`)
  for (const name of names) {
    const now = count(name)
    const then = before[name]
    const verdict = then === undefined ? 'nothing to compare with' : isDearer(then, now) ? 'DEARER' : 'ok'
    if (verdict === 'DEARER') process.exitCode = 1
    console.log(`  ${name}: ${then === undefined ? '' : `${show(then)} → `}${show(now)}  ${verdict}`)
  }
}

function recorded() {
  const all = JSON.parse(readFileSync(FILE, 'utf8'))
  if (all[key] !== undefined) return all[key]
  throw new Error(`counts.json has nothing for ${key}. Use --against <commit>, which counts both here`)
}

/**
 * The counts of another state of the repository: its packages, measured by the programs of this one.
 *
 * @param {string} commit
 * @returns {Promise<Record<string, Counts>>}
 */
async function countAt(commit) {
  const directory = mkdtempSync(`${tmpdir()}/spindle-guard-`)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  try {
    run('git', ['-C', root, 'worktree', 'add', '--detach', `${directory}/tree`, commit])
    for (const modules of ['node_modules', 'packages/spindle/node_modules']) {
      symlinkSync(`${root}/${modules}`, `${directory}/tree/${modules}`) // types that its tsconfig.json names
    }
    await buildSpindle(`${directory}/tree/packages`, `${directory}/build`)
    return Object.fromEntries(names.map((name) => [name, count(name, 'none', `${directory}/build`)]))
  } finally {
    spawnSync('git', ['-C', root, 'worktree', 'remove', '--force', `${directory}/tree`])
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * @param {Counts} before
 * @param {Counts} after
 */
function isDearer(before, after) {
  if (after.bytes > before.bytes * (1 + TOLERANCE) + TOLERATED_BYTES) return true
  if (before.instructions === undefined || after.instructions === undefined) return false
  return after.instructions > before.instructions * (1 + TOLERANCE)
}

/** @param {Counts} counts */
function show({ bytes, instructions }) {
  return `${bytes.toFixed(0)} bytes${instructions === undefined ? '' : `, ${instructions.toFixed(0)} instructions`}`
}

/**
 * @param {string} name
 * @param {string} [handicap] what makes it dearer: see count.js
 * @param {string} [build]
 * @returns {Counts}
 */
function count(name, handicap = 'none', build = undefined) {
  const size = sizes[name] ?? {}
  const env = build === undefined ? process.env : { ...process.env, SPINDLE_BUILD: build }
  const command = (/** @type {number} */ times) => [
    ...[...ONE_THREAD, COUNT, name, JSON.stringify(size)],
    ...[String(times), handicap],
  ]
  const bytes = Number(run(process.execPath, [...NOTHING_COLLECTED, ...command(1)], env).stdout)
  if (!hasValgrind) return { bytes }
  const ops = workloads.find((workload) => workload.name === name)?.ops(size) ?? Number.NaN
  return { bytes, instructions: (instructions(command(3), env) - instructions(command(1), env)) / (2 * ops) }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function instructions(args, env) {
  // Compiled code changes while it runs: valgrind has to look for that outside of files.
  const valgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--smc-check=all-non-file', process.execPath]
  const { stderr } = run('valgrind', [...valgrind, ...args], env)
  return Number(/Collected : (\d+)/.exec(stderr)?.[1])
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args, env = process.env) {
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stderr}`)
  return { stdout, stderr }
}
