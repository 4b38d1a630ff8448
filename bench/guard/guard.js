// `npm run bench guard`: has an operation become more expensive? Times are unreliable on a busy machine, but counts are
// the same whatever else runs: the bytes that an operation allocates, and the instructions it executes, if valgrind is
// installed. The engine is configured to do all its work on one thread, at the same moments each time.
//
//   npm run bench guard                    compares with counts.json: for one version of Node and one processor
//   npm run bench guard -- --against main  compares with another commit, counted on this machine: works anywhere
//   npm run bench guard -- --bytes         skips the instructions: takes seconds instead of a minute
//   npm run bench guard -- --update        writes counts.json

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildSpindle } from '../harness/spindle-build.js'
import { chosenNames, optionsOf, refuse } from '../lib/options.js'
import { measuredEnv } from '../lib/process-env.js'

/** @typedef {{ bytes: number, instructions?: number }} Counts for one operation */

/** @type {Record<string, import('../harness/workloads.js').Size>} */
const sizes = {
  switch: { tasks: 100, rounds: 100 },
  'switch-mixed': { tasks: 100, rounds: 100 },
  'spawn-seq': { tasks: 2000 },
  'spawn-all': { tasks: 2000 },
  future: { count: 2000 },
  'depth-100': { depth: 100, rounds: 5000 },
  fib: { n: 17 },
  cancel: { tasks: 2000 }, // with 500, the moment at which the engine compiles decided the count
  'timers-cancel': { tasks: 3000, delays: 1000 },
  'queue-1': { count: 2000, maxsize: 1 },
  lock: { tasks: 100, rounds: 10 },
}

// The increase that fails. Repeated counts differ by a tenth of a percent.
const TOLERANCE = 0.04
const TOLERATED_BYTES = 4

// One thread, hashes without a random seed, and no garbage collection while bytes are counted.
const ONE_THREAD = ['--predictable', '--single-threaded', '--expose-gc', '--hash-seed=1', '--random-seed=1']
const NOTHING_COLLECTED = ['--min-semi-space-size=512', '--max-semi-space-size=512']

// count.js switches the instrumentation on. The engine rewrites code while it runs: valgrind has to watch code outside
// files for changes.
const UNDER_VALGRIND = [
  '--tool=callgrind',
  '--callgrind-out-file=/dev/null',
  '--instr-atstart=no',
  '--zero-before=uv_uptime',
  '--smc-check=all-non-file',
]

const COUNT = fileURLToPath(new URL('count.js', import.meta.url))
const FILE = fileURLToPath(new URL('counts.json', import.meta.url))
const key = `node ${process.versions.node.split('.')[0]} ${arch()}`

const HELP = `npm run bench guard [options]
  --against <commit>      compares with that commit, counted here, instead of counts.json
  --bytes                 skips the instructions
  --update                writes counts.json
  --workload a,b          ${Object.keys(sizes).join(', ')}`

const options = optionsOf(HELP, {
  against: { type: 'string' },
  bytes: { type: 'boolean', default: false },
  update: { type: 'boolean', default: false },
  workload: { type: 'string' },
})

const hasValgrind = !options.bytes && spawnSync('valgrind', ['--version']).status === 0
const names = chosenNames('--workload', options.workload, Object.keys(sizes))
if (!hasValgrind && !options.bytes) console.log('There is no valgrind here: bytes are counted, instructions are not.')
if (options.update && !hasValgrind) refuse('--update needs valgrind: counts.json would lose its instructions')
await buildSpindle()
if (options.update) await update()
else if (options.against !== undefined) await compare(await countAt(options.against), options.against)
else await compare(recorded(), `counts.json (${key})`)

async function update() {
  const all = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}
  const counts = await inParallel(names.map((name) => () => count(name)))
  all[key] = { ...all[key], ...Object.fromEntries(names.map((name, index) => [name, counts[index]])) }
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`)
}

/**
 * @param {Record<string, Counts>} before
 * @param {string} what
 */
async function compare(before, what) {
  console.log(`Bytes and instructions of an operation, against ${what}:`)
  const counts = await inParallel(names.map((name) => () => count(name)))
  for (const [index, name] of names.entries()) {
    const now = /** @type {Counts} */ (counts[index])
    const then = before[name]
    const verdict = then === undefined ? 'nothing to compare with' : isDearer(then, now) ? 'DEARER' : 'ok'
    if (verdict === 'DEARER') process.exitCode = 1
    console.log(`  ${name}: ${then === undefined ? '' : `${show(then)} → `}${show(now)}  ${verdict}`)
  }
}

/**
 * Runs as many jobs at a time as there are cores: counts do not depend on what else runs.
 *
 * @template T
 * @param {(() => Promise<T>)[]} jobs
 */
async function inParallel(jobs) {
  /** @type {T[]} */
  const results = []
  const waiting = jobs.entries()
  const cores = availableParallelism()
  const work = async () => {
    for (const [index, job] of waiting) results[index] = await job()
  }
  await Promise.all(Array.from({ length: cores }, work))
  return results
}

function recorded() {
  const all = JSON.parse(readFileSync(FILE, 'utf8'))
  if (all[key] !== undefined) return all[key]
  throw new Error(`counts.json has nothing for ${key}. Use --against <commit>, which counts both here`)
}

/**
 * The counts of another commit: its packages, measured by the programs of the working tree.
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
      symlinkSync(`${root}/${modules}`, `${directory}/tree/${modules}`) // its tsconfig.json names types in there
    }
    await buildSpindle(`${directory}/tree/packages`, `${directory}/build`)
    const counts = await inParallel(names.map((name) => () => count(name, `${directory}/build`)))
    return Object.fromEntries(names.map((name, index) => [name, /** @type {Counts} */ (counts[index])]))
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
 * @param {string} [build] of the library
 * @returns {Promise<Counts>}
 */
async function count(name, build) {
  const node = [process.execPath, ...ONE_THREAD, ...NOTHING_COLLECTED, COUNT, name, JSON.stringify(sizes[name])]
  if (build !== undefined) node.push(`--build=${build}`)
  const command = hasValgrind ? ['valgrind', ...UNDER_VALGRIND, ...node, '--valgrind'] : node
  const { stdout, stderr } = await promisify(execFile)(command[0] ?? '', command.slice(1), { env: measuredEnv })
  const [bytes = Number.NaN, ops = Number.NaN] = stdout.split(' ').map(Number)
  if (!hasValgrind) return { bytes }
  return { bytes, instructions: Number(/Collected : (\d+)/.exec(stderr)?.[1]) / ops }
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args) {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stderr}`)
}
