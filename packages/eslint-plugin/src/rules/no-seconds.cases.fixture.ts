import { withoutTypes } from '../rule-tester.fixture.ts'
import { noSeconds } from './no-seconds.ts'

const from = (code: string): string =>
  `import { getRunningLoop, sleep, timeout, waitFor } from 'spindle'\nfunction* f() { ${code} }`

function seconds(name: string, value: number, milliseconds: number, code: string) {
  return { code: from(code), errors: [{ messageId: 'seconds' as const, data: { name, value, milliseconds } }] }
}

withoutTypes.run('no-seconds', noSeconds, {
  valid: [
    from('yield* sleep(0)'),
    from('yield* sleep(500)'),
    from('yield* sleep(1)'),
    from('yield* sleep(0.5 * second)'),
    from('yield* sleep(1000.5)'), // a measured time
    "import { sleep } from './mine.js'\nsleep(0.5)",
  ],
  invalid: [
    seconds('sleep', 0.5, 500, 'yield* sleep(0.5)'),
    seconds('timeout', 1.5, 1500, 'yield* timeout(1.5, block)'),
    seconds('waitFor', 0.2, 200, 'yield* waitFor(task, 0.2)'),
    seconds('callLater', 0.1, 100, 'getRunningLoop().callLater(0.1, g)'),
  ],
})
