import { inCoroutine, program, withTypes } from '../rule-tester.fixture.ts'
import { noCoroutineInCondition } from './no-coroutine-in-condition.ts'

function alwaysTrue(code: string, call = 'child()') {
  const output = code.replace(`§${call}`, `(yield* ${call})`)
  const suggestions = [{ messageId: 'addYieldStar' as const, output }]
  return { code: code.replace('§', ''), errors: [{ messageId: 'alwaysTrue' as const, suggestions }] }
}

withTypes.run('no-coroutine-in-condition', noCoroutineInCondition, {
  valid: [
    inCoroutine('if (yield* child()) return 1'),
    inCoroutine('let waiting: Task<number> | undefined; if (waiting) waiting.cancel()'),
    inCoroutine('const open: boolean = yield* child(); while (open && !task.done()) yield* sleep(1)'),
    program('export function pick(later?: Coroutine<boolean>) { return later ? 1 : 2 }'),
  ],
  invalid: [
    alwaysTrue(inCoroutine('if (§child()) return 1')),
    alwaysTrue(inCoroutine('do { yield* sleep(1) } while (§child())')),
    alwaysTrue(inCoroutine('for (; §child(); ) yield* sleep(1)')),
    alwaysTrue(inCoroutine('if (task.done() && §child()) return 1')),
    alwaysTrue(inCoroutine('const x = §child() || 2; console.log(x)')),
    alwaysTrue(inCoroutine('if (§gather([child()])) return 1'), 'gather([child()])'),
  ],
})
