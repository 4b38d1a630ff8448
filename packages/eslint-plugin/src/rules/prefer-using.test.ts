import { inCoroutine, withoutTypes } from '../rule-tester.fixture.ts'
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
