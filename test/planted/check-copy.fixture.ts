// Runs the programs with the sources of the copy, and compares the traces with recorded ones. Exits with 1 at the first
// difference.

import { readFileSync } from 'node:fs'
import { differenceOf } from '../conformance/check.ts'
import { firstDifference } from '../conformance/compare.ts'
import type { Program } from '../conformance/language.ts'
import { modeOf } from '../conformance/mode.ts'

export interface Expected {
  readonly program: Program
  readonly trace: readonly string[]
}

// A line each, as most mutants differ in one of the first.
for (const [index, line] of readFileSync(process.argv[2] as string, 'utf8')
  .split('\n')
  .entries()) {
  const { program, trace }: Expected = JSON.parse(line)
  const difference = differenceOf(program, trace, [modeOf(index)])
  if (difference === undefined) continue
  const at = firstDifference(trace, difference.spindle, difference.mode) ?? 0
  console.log(`by ‘${program.name}’: ${trace[at] ?? 'nothing'} │ ${difference.spindle[at] ?? 'nothing'}`)
  process.exit(1)
}
console.log('all traces are equal')
