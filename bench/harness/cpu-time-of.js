import { spawnSync } from 'node:child_process'
import { measuredEnv } from '../lib/process-env.js'

/**
 * Runs a process and returns its CPU time, in ms. It uses the shell, because Node does not report that of a child, and
 * a program cannot measure its own exit.
 *
 * @param {string[]} command
 */
export function cpuTimeOf(command) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >&2'
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    encoding: 'utf8',
    env: measuredEnv,
  })
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stderr}`)
  const [user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  return (user + system) * 1e3
}
