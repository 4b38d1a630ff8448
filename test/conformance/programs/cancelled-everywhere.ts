import type { CPython } from '../cpython.ts'
import type { Program } from '../language.ts'

/**
 * The (numbered) programs with main cancelled at entry 0, 1, 2, … of the trace, up to the end of the program, both at
 * once and by a callback.
 */
export function cancelledEverywhere(cpython: CPython, programs: readonly Program[]): Program[] {
  const traces = cpython.run(programs)
  return programs.flatMap((program, index) => {
    const trace = traces[index] ?? []
    const end = trace.findIndex((entry) => /^\S+ main #0 ends/.test(entry))
    const points = end === -1 ? trace.length : end + 1
    return Array.from({ length: points }, (_, at) => [
      { ...program, cancel: { at, how: 'now' as const } },
      { ...program, cancel: { at, how: 'soon' as const } },
    ]).flat()
  })
}
