import { spawnSync } from 'node:child_process'
import { measuredEnv } from '../lib/process-env.js'

/**
 * Runs a process and returns its times, in ms. It uses the shell, because Node does not report the CPU time of a child,
 * and a program cannot measure its own exit.
 *
 * @param {string[]} command
 * @returns {import('./kinds/time.js').Round}
 */
export function timesOf(command) {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >&2'
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    encoding: 'utf8',
    env: measuredEnv,
  })
  if (status !== 0) throw new Error(`${command.join(' ')} failed:\n${stderr}`)
  const [real = Number.NaN, user = Number.NaN, system = Number.NaN] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map((seconds) => Number(seconds) * 1e3)
  return { wall: real, cpu: user + system }
}
