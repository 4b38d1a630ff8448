import { inCoroutine, program, withTypes } from '../rule-tester.fixture.ts'
import { noStaleAssignment } from './no-stale-assignment.ts'

/** A coroutine with a variable from outside; `§` is where the value is awaited. */
function outside(body: string): string {
  return program(`let total = 0
function* count(): Coroutine<number> { yield* sleep(1); return 1 }
export const state = { total }
export function* main(): Coroutine<void> { ${body} }`)
}

withTypes.run('no-stale-assignment', noStaleAssignment, {
  valid: [
    outside('const value = yield* count(); total += value'),
    outside('total = yield* count()'), // nothing is read
    outside('let sum = 0; sum += yield* count(); console.log(sum)'), // nobody else has it
    outside('const own = { sum: 0 }; own.sum += yield* count(); console.log(own)'),
    outside('let sum = 0; const log = () => sum; sum += yield* count(); log()'), // others read it alone
    outside('let sum = 0; yield* timeout(10, function* () { sum += yield* count() }); console.log(sum)'), // runs once
    outside('total += 1; yield* count()'),
    outside('total ??= yield* count()'),
    outside('total = total ?? (yield* count())'),
    outside('total = Math.max(yield* count(), total)'), // read when it is there
    inCoroutine('let n = 0; n += Number(yield* child())'),
  ],
  invalid: [
    {
      code: outside('total += yield* count()'),
      errors: [
        {
          messageId: 'stale',
          suggestions: [{ messageId: 'waitFirst', output: outside('const value = yield* count()\ntotal += value') }],
        },
      ],
    },
    {
      code: outside('state.total -= 2 * (yield* count())'),
      errors: [
        {
          messageId: 'stale',
          suggestions: [
            { messageId: 'waitFirst', output: outside('const value = 2 * (yield* count())\nstate.total -= value') },
          ],
        },
      ],
    },
    {
      // The classic: four Tasks share one variable.
      code: outside(
        'let sum = 0; yield* gather([1, 2].map(function* () { return (sum += yield* count()) })); console.log(sum)',
      ),
      errors: [{ messageId: 'stale' }],
    },
    {
      code: outside('let sum = 0; const reset = () => { sum = 0 }; reset(); return void (sum += yield* count())'),
      errors: [{ messageId: 'stale' }],
    },
  ],
})
