// Checks whether the traces of any number of programs are equal.

import { explain, firstDifference } from './compare.ts'
import type { CPython } from './cpython.ts'
import { numbered, type Program } from './language.ts'
import { MODES, type Mode } from './mode.ts'
import { runOnSpindle } from './spindle.ts'

/** A program whose trace differs, in the first mode in which it does. */
export interface Difference {
  readonly program: Program
  readonly mode: Mode
  readonly cpython: readonly string[]
  readonly spindle: readonly string[]
}

/** Runs programs on both sides, and returns those that differ. `modesOf` returns the modes of each program. */
export function differences(
  cpython: CPython,
  programs: readonly Program[],
  modesOf: (program: Program, index: number) => readonly Mode[] = () => MODES,
): Difference[] {
  const all = programs.map(numbered)
  const traces = cpython.run(all)
  const found: Difference[] = []
  for (const [index, program] of all.entries()) {
    const difference = differenceOf(program, traces[index] ?? [], modesOf(program, index))
    if (difference !== undefined) found.push(difference)
  }
  return found
}

/** The first mode in which a numbered program differs from its trace on CPython. */
export function differenceOf(program: Program, cpython: readonly string[], modes = MODES): Difference | undefined {
  for (const mode of modes) {
    const spindle = runOnSpindle(program, mode)
    if (firstDifference(cpython, spindle, mode) !== undefined) return { program, mode, cpython, spindle }
  }
  return undefined
}

/** The description of a difference for the reader. */
export function describeDifference({ program, mode, cpython, spindle }: Difference): string {
  return explain(program, cpython, spindle, mode)
}
