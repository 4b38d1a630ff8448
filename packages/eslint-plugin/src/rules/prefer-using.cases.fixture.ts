import { inCoroutine, withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { preferUsing } from './prefer-using.ts'

withoutTypes.run('prefer-using', preferUsing, {
  valid: [
    inCoroutine('const lock = new Lock(); using _ = yield* lock.acquire()'),
    inCoroutine('const lock = new Lock(); yield* lock.acquire(); lock.release()'), // held across functions, perhaps
    inCoroutine('const a = new Lock(), b = new Lock(); yield* a.acquire(); try { } finally { b.release() }'),
  ],
  invalid: [
    {
      code: inCoroutine(
        'const lock = new Lock(); yield* lock.acquire(); try { yield* child() } finally { lock.release() }',
      ),
      errors: [{ messageId: 'using', data: { lock: 'lock' } }],
    },
  ],
})

const OWN_LOCK = 'class Own { *acquire(): Coroutine<void> { yield* sleep(1) } release() {} } const lock = new Own();'
const TRY = 'yield* lock.acquire(); try { yield* child() } finally { lock.release() }'

withTypes.run('prefer-using, where a lock of the user has nothing for `using`', preferUsing, {
  valid: [inCoroutine(`${OWN_LOCK} ${TRY}`)],
  invalid: [{ code: inCoroutine(`const lock = new Lock(); ${TRY}`), errors: [{ messageId: 'using' }] }],
})
