import { inCoroutine, program, withTypes } from '../rule-tester.fixture.ts'
import { noReusedCoroutine } from './no-reused-coroutine.ts'

const RETRY = 'declare function retry<T>(make: () => Coroutine<T>): Coroutine<T>\n'
const errors = [{ messageId: 'reused' as const, data: { name: 'child' } }]

withTypes.run('no-reused-coroutine', noReusedCoroutine, {
  valid: [
    program(`${RETRY}export const all = retry(() => child())`),
    program(`${RETRY}export const all = (c: Coroutine<boolean>) => retry(() => c)`), // unknown where it comes from
    inCoroutine('const c = child(); if (task.done()) yield* c; else yield* c'),
    inCoroutine('const c = child(); yield* timeout(10, () => c)'), // calls it once
    program(`${RETRY}export const all = retry(function* () { const c = child(); return yield* c })`),
  ],
  invalid: [
    { code: program(`${RETRY}const c = child(); export const all = retry(() => c)`), errors },
    { code: inCoroutine('const c = child(); yield* gather([1, 2].map(() => c))'), errors },
  ],
})
