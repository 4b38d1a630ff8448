// Checks the sources without running them: format, lint, types.

import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from './setup.mjs'

// Each package is checked separately, with only the types it may use. The root project contains everything for Node.
const apps = existsSync(`${root}apps`) ? readdirSync(`${root}apps`).map((name) => `apps/${name}`) : []
const pages = existsSync(`${root}examples/browser`) ? ['examples/browser'] : []
const projects = [
  ...readdirSync(`${root}packages`)
    .filter((name) => name !== 'README.md')
    .map((name) => `packages/${name}`),
  ...apps,
  ...pages,
  '.',
]

/** What `npm test -- --core` checks and tests. */
export const CORE = ['packages/loop/', 'packages/task/']

/**
 * Runs the checks concurrently. Returns how many passed and failed, and a report of the failures.
 *
 * @param {{ core?: boolean }} [options] `core`: loop and task only
 * @returns {Promise<{ passed: number, failed: number, report: string }>}
 */
export async function check({ core = false } = {}) {
  const files = core ? CORE : []
  const built = core ? [...CORE, 'tsconfig.core.json'] : projects
  const reports = await Promise.all([
    reportOf('format and lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', ...files]),
    // On one thread the compiler takes a third less CPU time, and the tests need the other core.
    reportOf('types', ['node_modules/typescript/bin/tsc', '--build', '--singleThreaded', ...built]),
  ])
  const failed = reports.filter((report) => report !== '').length
  return { passed: reports.length - failed, failed, report: reports.join('') }
}

/**
 * @param {string} name
 * @param {string[]} args
 * @returns {Promise<string>} empty if all is well
 */
function reportOf(name, args) {
  return new Promise((resolve) => {
    // The compiler is a Go program, and a fifth of its time goes to collecting garbage that would fit into the memory.
    const env = { ...process.env, GOGC: '400' }
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error === null) console.log(`✓ ${name}`)
      resolve(error === null ? '' : `✗ ${name}\n${stdout}${stderr}`)
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed, report } = await check()
  process.stdout.write(report)
  process.exitCode = failed === 0 ? 0 : 1
}
