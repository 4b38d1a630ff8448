import { withoutTypes } from '../rule-tester.fixture.ts'
import { noSeconds } from './no-seconds.ts'

const from = (code: string): string =>
  `import { getRunningLoop, sleep, timeout, waitFor } from 'spindle'\nfunction* f() { ${code} }`

function seconds(before: string, after: string) {
  const suggestions = [{ messageId: 'toMilliseconds' as const, output: from(after) }]
  return { code: from(before), errors: [{ messageId: 'seconds' as const, suggestions }] }
}

withoutTypes.run('no-seconds', noSeconds, {
  valid: [
    from('yield* sleep(0)'),
    from('yield* sleep(500)'),
    from('yield* sleep(1)'),
    from('yield* sleep(0.5 * second)'),
    from('yield* sleep(1000.5)'), // a measured time
    from('yield* sleep(milliseconds)'),
    from('yield* sleep(seconds * 1000)'),
    from('yield* sleep(end - Date.now())'),
    from('yield* sleep(elapsed + performance.now() - start)'),
    from('const left = end - Date.now(); yield* sleep(left)'),
    from('const start = Date.now(); yield* sleep(10); log(start)'),
    from('yield* sleep(seconds())'), // nobody knows its unit
    "import { sleep } from './mine.js'\nsleep(0.5); sleep(seconds)",
    'ember.run.callLater(0.5, f)', // of another library
  ],
  invalid: [
    seconds('yield* sleep(0.5)', 'yield* sleep(500)'),
    seconds('yield* timeout(1.5, block)', 'yield* timeout(1500, block)'),
    seconds('yield* waitFor(task, 0.2)', 'yield* waitFor(task, 200)'),
    {
      code: from('yield* sleep(seconds)'),
      errors: [
        {
          messageId: 'named',
          suggestions: [{ messageId: 'toMilliseconds', output: from('yield* sleep(seconds * 1000)') }],
        },
      ],
    },
    {
      code: from('yield* waitFor(task, delayInSeconds)'),
      errors: [
        {
          messageId: 'named',
          suggestions: [{ messageId: 'toMilliseconds', output: from('yield* waitFor(task, delayInSeconds * 1000)') }],
        },
      ],
    },
    {
      code: from('yield* sleep(options.seconds)'),
      errors: [
        {
          messageId: 'named',
          suggestions: [{ messageId: 'toMilliseconds', output: from('yield* sleep(options.seconds * 1000)') }],
        },
      ],
    },
    { code: from('yield* timeout(Date.now() + 20, block)'), errors: [{ messageId: 'pointInTime' }] },
    { code: from('const end = Date.now() + 20; yield* timeout(end, block)'), errors: [{ messageId: 'pointInTime' }] },
    { code: from('yield* sleep(performance.now())'), errors: [{ messageId: 'pointInTime' }] },
    seconds('getRunningLoop().callLater(0.1, g)', 'getRunningLoop().callLater(100, g)'),
  ],
})
