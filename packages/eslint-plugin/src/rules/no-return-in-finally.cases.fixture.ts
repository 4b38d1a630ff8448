import { withoutTypes } from '../rule-tester.fixture.ts'
import { noReturnInFinally } from './no-return-in-finally.ts'

const loop = (waits: string, body: string): string =>
  `function* f() { outer: for (;;) { try { ${waits} } finally { ${body} } } }`
const inFinally = (body: string): string => `import { sleep } from 'spindle'\n${loop('yield* sleep(1)', body)}`

withoutTypes.run('no-return-in-finally', noReturnInFinally, {
  valid: [
    inFinally('close()'),
    loop('yield task', 'return 1'), // a generator of another library
    `import 'spindle'\n${loop('yield', 'return 1')}`, // an ordinary one, beside coroutines
    inFinally('for (const x of list) { if (x) break; else continue }'),
    inFinally('switch (x) { case 1: break }'),
    inFinally('list.map((x) => { return x })'),
    'function f() { try { g() } finally { return 1 } }', // no coroutine: no-unsafe-finally is for those
    'function* f() { try { return 1 } finally { close() } }',
  ],
  invalid: [
    { code: inFinally('if (x) return'), errors: [{ messageId: 'swallows' }] },
    { code: inFinally('continue'), errors: [{ messageId: 'swallows', data: { keyword: 'continue' } }] },
    { code: inFinally('for (;;) { break outer }'), errors: [{ messageId: 'swallows' }] },
    { code: inFinally('switch (x) { case 1: continue }'), errors: [{ messageId: 'swallows' }] },
  ],
})
