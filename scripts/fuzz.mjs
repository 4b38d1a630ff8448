// `npm run fuzz`: the property tests with many more programs, from a new seed each time. A failure prints the seed.
// `npm run fuzz 100000` sets the number of programs, `npm run fuzz 100000 reports` also selects the tests, and
// `npm run fuzz reports` only selects them.
// `npm run fuzz conformance -- --random 100000` runs random programs on CPython and here: see test/conformance.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeSettings } from '../test/tooling/settings.mjs'
import { vitest } from './run-tests.mjs'
import { root } from './setup.mjs'

const args = process.argv.slice(2)
const [runs = '20000', filter = ''] =
  /^[a-z]/.test(args[0] ?? '') && args[0] !== 'conformance' ? [undefined, args[0]] : args
const files = ['packages/node/src/streams/stream-reader.fuzz.test.ts', 'packages/thread/src/executors/protocol.test.ts']
// A program of these takes a hundred times as long. Unless they are selected by name, they get a hundredth.
const slowFiles = [
  'test/compositions/compositions.test.ts',
  'test/thread/exports.test.ts',
  'test/thread/hostile-values.test.ts',
  'test/examples/hostile-clients.test.ts',
]
// On the packages as they are packed and installed: a second check of each row of docs/explanation/security.md.
const security = ['reports', 'runtime', 'server', 'tasks', 'tools', 'workers', 'lab'].map(
  (name) => `test/security/${name}.test.ts`,
)
// As many calls, turns or seconds as wanted: only if they are selected by name.
const onlyByName = [
  'test/thread/random-pools.test.ts',
  'packages/thread/src/sync/contention.test.ts',
  'packages/node/src/servers/load.test.ts',
  'test/node/windows.test.ts',
]
const all = [...files, ...slowFiles, ...security, ...onlyByName]

if (runs === 'conformance') {
  const program = ['--import', 'tsx', 'test/conformance/conformance.ts', ...process.argv.slice(3)]
  process.exitCode = spawnSync(process.execPath, program, { cwd: root, stdio: 'inherit' }).status ?? 1
} else if (!all.some((file) => file.includes(filter))) {
  const names = all.map((file) => `\n  ${file}`).join('')
  console.error(`no property test has '${filter}' in its path. There are conformance and:${names}`)
  process.exitCode = 2
} else {
  const few = filter === '' ? String(Math.max(100, Math.ceil(Number(runs) / 100))) : runs
  const passed = [
    await fuzz(filter === '' ? files : [...files, ...onlyByName], runs),
    await fuzz(slowFiles, few),
    await fuzzPacked(few),
  ]
  process.exitCode = passed.every(Boolean) ? 0 : 1
}

/**
 * Runs the second checks on the packages that npm has installed from their tarballs.
 *
 * @param {string} count
 */
async function fuzzPacked(count) {
  if (!security.some((file) => file.includes(filter))) return true
  const { installPacked } = await import('../test/tooling/packed-packages.mjs') // needs what set-up installs
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'spindle-packed-'))
  try {
    changeSettings({ packed: await installPacked(folder) })
    return await fuzz(security, count, ['--project=built'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs those of the files that are wanted. Returns whether all of their tests passed.
 *
 * @param {readonly string[]} among
 * @param {string} count
 * @param {string[]} options of Vitest
 */
async function fuzz(among, count, options = []) {
  const wanted = among.filter((file) => file.includes(filter))
  if (wanted.length === 0) return true
  changeSettings({ runs: Number(count), form: options.length === 0 ? undefined : 'all' })
  return (await vitest(['run', ...options, ...wanted])) === 0
}
