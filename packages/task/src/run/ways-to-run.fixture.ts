import { type run as Run, run } from './run.ts'
import { runSync } from './runner.ts'

/** The two ways to run a program, for `describe.each`. */
export const waysToRun: [name: string, run: typeof Run][] = [
  ['run()', run],
  ['runSync()', async (main, options) => runSync(main, options)],
]
