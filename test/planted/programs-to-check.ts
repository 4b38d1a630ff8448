import type { CPython } from '../conformance/cpython.ts'
import { numbered, type Program } from '../conformance/language.ts'
import { cancelledEverywhere } from '../conformance/programs/cancelled-everywhere.ts'
import { programs } from '../conformance/programs/index.ts'
import { randomProgram } from '../conformance/random/maker.ts'

const RANDOM_PROGRAMS = 2000

/** The programs of the tests: the hand-written ones, cancelled at each step, and random ones. */
export function programsToCheck(cpython: CPython): Program[] {
  const { 'many of everything': many = [], ...others } = programs
  const written = Object.values(others).flat().map(numbered)
  const random = Array.from({ length: RANDOM_PROGRAMS }, (_, index) => randomProgram(1 + index))
  return [...written, ...many.map(numbered), ...cancelledEverywhere(cpython, written), ...random]
}
