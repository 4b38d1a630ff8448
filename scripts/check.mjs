// What must hold of the sources before anything runs: format, lint, types.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { root } from './setup.mjs'

// Each package by itself, with the few types it may use; the root project is everything that runs on Node.
const apps = existsSync(`${root}apps`) ? readdirSync(`${root}apps`).map((name) => `apps/${name}`) : []
const pages = existsSync(`${root}examples/browser`) ? ['examples/browser'] : []
const projects = [...readdirSync(`${root}packages`).map((name) => `packages/${name}`), ...apps, ...pages, '.']

const checks = [
  { name: 'format and lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '--build', ...projects] },
]

/** Runs them all, prints what is wrong, and tells how many passed and failed. */
export function check() {
  let failed = 0
  for (const { name, args } of checks) {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    if (status === 0) {
      console.log(`✓ ${name}`)
    } else {
      failed++
      console.log(`✗ ${name}\n${stdout}${stderr}`)
    }
  }
  return { passed: checks.length - failed, failed }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = check().failed === 0 ? 0 : 1
