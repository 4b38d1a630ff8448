import { inCoroutine, program, withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { yieldStar } from './yield-star.ts'

// A `yield` that awaits nothing: of an ordinary generator, or beside coroutines.
const BARE = [
  'export function* g() {\n  yield;\n  return 1\n}',
  'export function* g() {\n  yield\n  yield\n}',
  'export async function* g() { yield }',
  program('export function* g() {\n  yield\n  return 1\n}'),
]

withTypes.run('yield-star', yieldStar, {
  valid: [
    inCoroutine('yield* child()'),
    inCoroutine('return yield* child()'),
    inCoroutine('return createTask(child())'), // a Task may be handed out
    inCoroutine('using _ = yield* new Lock().acquire()'),
    program('export function* later(): Coroutine<Coroutine<boolean>> { yield* sleep(1); return child() }'), // on purpose
    program('export const start = () => child()'), // no generator: whoever calls awaits
    program('export async function f() { await task }'), // a Task is a thenable
    'export function* numbers() { yield 1; yield [2] }',
    ...BARE,
  ],
  invalid: [
    {
      code: inCoroutine('const x = yield child()'),
      output: inCoroutine('const x = yield* child()'),
      errors: [{ messageId: 'yield' }],
    },
    { code: inCoroutine('yield task'), output: inCoroutine('yield* task'), errors: [{ messageId: 'yield' }] },
    {
      code: inCoroutine('if (task.done()) return child()'),
      output: inCoroutine('if (task.done()) return yield* child()'),
      errors: [{ messageId: 'return' }],
    },
    {
      code: inCoroutine('if (task.done()) return task.done() ? child() : 1'),
      output: inCoroutine('if (task.done()) return task.done() ? (yield* child()) : 1'),
      errors: [{ messageId: 'return' }],
    },
    {
      code: inCoroutine('using _ = new Lock().acquire()'),
      output: inCoroutine('using _ = yield* new Lock().acquire()'),
      errors: [{ messageId: 'using' }],
    },
  ],
})

withoutTypes.run('yield-star, by names', yieldStar, {
  valid: [...BARE, 'export function* saga() { yield take(1); return call(f) }'],
  invalid: [
    {
      code: inCoroutine('const x = yield child()'),
      output: inCoroutine('const x = yield* child()'),
      errors: [{ messageId: 'yield' }],
    },
  ],
})
