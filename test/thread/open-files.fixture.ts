import { execFileSync } from 'node:child_process'
import { openSync } from 'node:fs'

export const double = (n: number): number => 2 * n

/** Lets this process have few files, and opens them all. */
export function openAll(): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=100'])
  for (;;) openSync('/dev/null', 'r')
}
