import { beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { type Interpreter, loadInterpreters } from '../../test/transform-conformance.ts'

const RANDOM_PROGRAMS = longForm ? 300 : 10
const CANCELLED = longForm ? 10 : 1

let plain: Interpreter
let transformed: Interpreter
beforeAll(async () => {
  const loaded = await loadInterpreters()
  plain = loaded.plain
  transformed = loaded.transformed
  expect(loaded.awaits, 'points at which the interpreter waits').toBeGreaterThan(10)
}, 60_000)

describe('the conformance programs, run through the transform', () => {
  it('leave the same traces, all of them, and cancelled at their first entries', { timeout: 120_000 }, () => {
    let compared = 0
    for (const program of Object.values(plain.programs).flat()) {
      const program_ = plain.numbered(program)
      const trace = traceOf(plain, program_)
      expect(traceOf(transformed, program_), program.name).toEqual(trace)
      compared++
      if (program.cancel !== undefined || trace.length > 200 || (!longForm && compared % 4 > 0)) continue
      for (let at = 0; at < Math.min(CANCELLED, trace.length); at++) {
        const cancelled = { ...program_, cancel: { at, how: 'now' as const } }
        expect(traceOf(transformed, cancelled), `${program.name}, cancelled at ${at}`).toEqual(
          traceOf(plain, cancelled),
        )
      }
    }
    expect(compared).toBeGreaterThan(400)
  })

  it(`leave the same traces, ${RANDOM_PROGRAMS} random ones`, { timeout: 120_000 }, () => {
    for (let seed = 1; seed <= RANDOM_PROGRAMS; seed++) {
      const program = plain.numbered(plain.randomProgram(seed))
      expect(traceOf(transformed, program), `random program ${seed}`).toEqual(traceOf(plain, program))
    }
  })
})

/** Without the numbers of Tasks, which continue from one program to the next. */
function traceOf(interpreter: Interpreter, program: Parameters<Interpreter['runOnSpindle']>[0]): string[] {
  return interpreter.runOnSpindle(program).map((entry) => entry.replaceAll(/Task-\d+/g, 'Task-…'))
}
