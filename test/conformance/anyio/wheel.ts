import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { root } from '../../tooling/run-example.ts'

const VERSION = '4.15.1'

/** The file with AnyIO, which pip downloads once; undefined where it cannot. */
export function anyioWheel(): string | undefined {
  const folder = `${root}node_modules/.cache/anyio`
  const wheel = `${folder}/anyio-${VERSION}-py3-none-any.whl`
  if (existsSync(wheel)) return wheel
  const args = ['download', `anyio==${VERSION}`, '--no-deps', '--retries', '0', '--timeout', '10', '--dest', folder]
  spawnSync('python3', ['-m', 'pip', ...args], { timeout: 60_000 })
  return existsSync(wheel) ? wheel : undefined
}
