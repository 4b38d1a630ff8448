import { withoutTypes } from '../rule-tester.fixture.ts'
import { noUnprotectedCleanup } from './no-unprotected-cleanup.ts'

const given = (finalizer: string): string =>
  `import { resource, sleep, uncancellable } from 'spindle'\nexport function* f() { try { yield* sleep(1) } finally { ${finalizer} } }`

withoutTypes.run('no-unprotected-cleanup', noUnprotectedCleanup, {
  valid: [
    given('console.log(1)'),
    given('yield* uncancellable(() => sleep(1))'),
    given('yield* uncancellable(function* () { yield* sleep(1) })'),
    given('yield* resource(open, close, use)'),
    given('const later = function* () { yield* sleep(1) }; later()'),
  ],
  invalid: [
    { code: given('yield* sleep(1)'), errors: [{ messageId: 'unprotected' }] },
    { code: given('if (socket) yield* socket.close()'), errors: [{ messageId: 'unprotected' }] },
  ],
})
