import { inCoroutine, program, withoutTypes } from '../rule-tester.fixture.ts'
import { noUnboundedGather } from './no-unbounded-gather.ts'

withoutTypes.run('no-unbounded-gather', noUnboundedGather, {
  valid: [
    inCoroutine('yield* gather([child(), child()])'),
    inCoroutine('yield* gather([1, 2].map(() => child()))'),
    inCoroutine('const few = [1, 2]; yield* gather(few.map(() => child()))'),
    "import { gather } from './mine.js'\ngather(list.map(f))",
  ],
  invalid: [
    {
      code: program('export function* f(list: string[]) { yield* gather(list.map(() => child())) }'),
      errors: [{ messageId: 'unbounded' }],
    },
    {
      code: program('export function* f(n: number) { yield* gather(Array.from({ length: n }, () => child())) }'),
      errors: [{ messageId: 'unbounded' }],
    },
  ],
})
