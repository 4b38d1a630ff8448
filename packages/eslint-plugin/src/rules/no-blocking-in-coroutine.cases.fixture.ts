import { inCoroutine, withoutTypes } from '../rule-tester.fixture.ts'
import { noBlockingInCoroutine } from './no-blocking-in-coroutine.ts'

const blocks = (name: string) => [{ messageId: 'blocks' as const, data: { name, instead: expectInstead(name) } }]

function expectInstead(name: string): string {
  if (name === 'sleep') return '`sleep` of `spindle`'
  if (name === 'runSync') return '`yield*`'
  if (name === 'Atomics.wait') return '`Atomics.waitAsync`, or a thread'
  return 'its asynchronous form with `call`, or `toThread`'
}

withoutTypes.run('no-blocking-in-coroutine', noBlockingInCoroutine, {
  valid: [
    inCoroutine('yield* sleep(1)'),
    "import { readFileSync } from 'node:fs'\nreadFileSync('a')", // before the loop runs
    "import { readFileSync } from './mine.js'\nfunction* f() { readFileSync('a') }",
    "import { existsSync } from 'node:fs'\nfunction* f() { existsSync('a') }",
    "import { threading } from 'spindle/thread'\nfunction work() { threading.sleep(1) }", // runs on a thread
  ],
  invalid: [
    {
      code: "import { readFileSync } from 'node:fs'\nfunction* f() { readFileSync('a') }",
      errors: blocks('readFileSync'),
    },
    { code: "import * as fs from 'fs'\nfunction* f() { fs.writeFileSync('a', '') }", errors: blocks('writeFileSync') },
    { code: "import fs from 'node:fs'\nfunction* f() { fs.readFileSync('a') }", errors: blocks('readFileSync') },
    {
      code: "import { execSync } from 'node:child_process'\nfunction* f() { execSync('ls') }",
      errors: blocks('execSync'),
    },
    {
      code: "import { threading } from 'spindle/thread'\nfunction* f() { threading.sleep(1) }",
      errors: blocks('sleep'),
    },
    { code: "import { runSync } from 'spindle'\nfunction* f() { runSync(g()) }", errors: blocks('runSync') },
    { code: 'function* f() { Atomics.wait(cell, 0, 0) }', errors: blocks('Atomics.wait') },
  ],
})
