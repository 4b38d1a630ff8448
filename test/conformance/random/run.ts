import { type Difference, describeDifference, differenceOf } from '../check.ts'
import { firstDifference } from '../compare.ts'
import type { CPython } from '../cpython.ts'
import type { Program } from '../language.ts'
import { type Mode, twoModesOf } from '../mode.ts'
import { runOnSpindleByHost } from '../spindle.ts'
import { randomProgram } from './maker.ts'
import { shrink } from './shrink.ts'

const BATCH = 500

interface RandomRun {
  readonly seed: number
  readonly count: number
  /** Stops after this many differences. */
  readonly most: number
  /** A family of constructs that each program has, or several, with commas. */
  readonly area?: string | undefined
  onProgress?(done: number): void
}

/** Lets the host drive random programs, and returns those that differ. Programs that hang are left out. */
export async function randomDifferencesByHost(
  cpython: CPython,
  { seed, count, most, area, onProgress }: RandomRun,
): Promise<Difference[]> {
  const found: Difference[] = []
  for (let start = 0; start < count && found.length < most; start += BATCH) {
    const programs = randomPrograms(seed + start, Math.min(BATCH, count - start), area)
    for (const [index, trace] of cpython.run(programs).entries()) {
      if (trace.some((entry) => entry.endsWith(' hangs'))) continue
      const program = programs[index] as Program
      const spindle = await runOnSpindleByHost(program)
      if (firstDifference(trace, spindle, {}) !== undefined) found.push({ program, mode: {}, cpython: trace, spindle })
    }
    onProgress?.(Math.min(count, start + BATCH))
  }
  return found
}

/** Runs the random programs of `count` seeds, and returns the first ones that differ, reduced in size. */
export function firstRandomDifferences(
  cpython: CPython,
  { seed, count, most, area, onProgress }: RandomRun,
): Difference[] {
  const found: Difference[] = []
  for (let start = 0; start < count && found.length < most; start += BATCH) {
    const programs = randomPrograms(seed + start, Math.min(BATCH, count - start), area)
    const traces = cpython.run(programs)
    for (const [index, program] of programs.entries()) {
      const modes = twoModesOf(start + index)
      if (found.length >= most || differenceOf(program, traces[index] ?? [], modes) === undefined) continue
      found.push(smallest(cpython, program, modes))
    }
    onProgress?.(Math.min(count, start + BATCH))
  }
  return found
}

function randomPrograms(seed: number, count: number, area: string | undefined): Program[] {
  return Array.from({ length: count }, (_, index) => randomProgram(seed + index, area))
}

export function describeRandomDifferences(differences: readonly Difference[]): string {
  return differences.map(describeDifference).join('\n\n')
}

function smallest(cpython: CPython, program: Program, modes: readonly Mode[]): Difference {
  const shrunk = shrink(program, (programs) => {
    const traces = cpython.run(programs)
    return programs.map((candidate, index) => differenceOf(candidate, traces[index] ?? [], modes) !== undefined)
  })
  const [trace = []] = cpython.run([shrunk])
  const difference = differenceOf(shrunk, trace, modes)
  if (difference === undefined) throw new Error(`${program.name} differs on one run and not on the next`)
  return difference
}
