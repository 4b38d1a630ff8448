// Packages of npm whose files a test reads, at exact versions, without what they depend on.

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './run-example.ts'

/** The name of the folder of a package, such as `koa@3.3.0`, in that of all. */
export const folderOf = (spec: string): string => spec.replace('/', '+')

/** Fetches the packages that are missing, and returns the folder that has one folder for each. */
export async function fetchPackages(specs: readonly string[]): Promise<string> {
  const folder = `${root}node_modules/.cache/foreign-code/`
  mkdirSync(folder, { recursive: true })
  const missing = specs.filter((spec) => !existsSync(folder + folderOf(spec)))
  if (missing.length === 0) return folder
  const scratch = mkdtempSync(`${folder}.fetched-`)
  const run = promisify(execFile)
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch, ...missing])
  const packed = Object.values(
    JSON.parse(stdout) as Record<string, { name: string; version: string; filename: string }>,
  )
  for (const { name, version, filename } of packed) {
    const to = join(scratch, folderOf(`${name}@${version}`))
    mkdirSync(to)
    await run('tar', ['-xzf', join(scratch, filename), '-C', to])
    renameSync(to, folder + folderOf(`${name}@${version}`))
  }
  rmSync(scratch, { recursive: true })
  return folder
}
