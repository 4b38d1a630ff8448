import type { CPython } from '../conformance/cpython.ts'
import { numbered, type Program } from '../conformance/language.ts'
import { cancelledEverywhere } from '../conformance/programs/cancelled-everywhere.ts'
import { programs } from '../conformance/programs/index.ts'
import { randomProgram } from '../conformance/random/maker.ts'

const RANDOM_PROGRAMS = 1000

/** Programs that find a mutant soon: the hand-written ones, cancelled at every fourth step, and random ones. */
export function programsToCheck(cpython: CPython): Program[] {
  const { 'many of everything': _slow, ...others } = programs
  const written = Object.values(others).flat().map(numbered)
  const cancelled = cancelledEverywhere(cpython, written).filter((_, step) => step % 4 === 0)
  const random = Array.from({ length: RANDOM_PROGRAMS }, (_, index) => randomProgram(1 + index))
  return [...written, ...random, ...cancelled]
}
