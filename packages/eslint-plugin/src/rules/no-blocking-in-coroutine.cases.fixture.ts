import { inCoroutine, withoutTypes } from '../rule-tester.fixture.ts'
import { noBlockingInCoroutine } from './no-blocking-in-coroutine.ts'

withoutTypes.run('no-blocking-in-coroutine', noBlockingInCoroutine, {
  valid: [
    inCoroutine('yield* sleep(1)'),
    "import { readFileSync } from 'node:fs'\nreadFileSync('a')", // before the loop runs
    "import 'spindle'\nimport { readFileSync } from './mine.js'\nfunction* f() { readFileSync('a') }",
    "import { readFileSync } from 'node:fs'\nfunction* steps() { yield readFileSync('a') }", // of another library
    "import 'spindle'\nimport { existsSync } from 'node:fs'\nfunction* f() { existsSync('a') }",
    "import { threading } from 'spindle/thread'\nfunction work() { threading.sleep(1) }", // runs on a thread
  ],
  invalid: [
    {
      code: "import 'spindle'\nimport * as fs from 'fs'\nfunction* f() { fs.writeFileSync('a', '') }",
      errors: [{ messageId: 'blocks' }],
    },
    {
      code: "import 'spindle'\nimport fs from 'node:fs'\nfunction* f() { fs.readFileSync('a') }",
      errors: [{ messageId: 'blocks' }],
    },
  ],
})
