import { expect, it } from 'vitest'
import { runLines } from '../tooling/run-example.ts'

it.concurrent.each([
  ['an error', 'yield* read()', ['Error: no file', 'read', 'main']],
  [
    'a group',
    'yield* taskGroup(function* (group) { group.createTask(read()) })',
    ['ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)', 'main'],
  ],
  [
    'a time limit',
    'yield* timeout(0, () => sleep(9))',
    ['TimeoutError: 0 ms passed in timeout() at …:3; it was waiting for sleep(9)', 'main'],
  ],
] as const)(
  '%s that ends a process is printed with the lines of the user, and no other',
  async (_name, block, expected) => {
    const { stderr } = await runLines(`import { run, sleep, taskGroup, timeout } from 'spindle'
    function* read() { yield* sleep(0); throw new Error('no file') }
    function* main() { ${block} }
    await run(main())`)
    const lines = stderr.split(/ \{\n|\n\n/)[0]?.split('\n') ?? []
    const named = lines.map((line) => /^ {4}at (\w+) \(file:.*\[eval1\]:\d+:\d+\)$/.exec(line)?.[1] ?? line)
    expect(named.map((line) => line.replace(/ at \S+(:\d)(?=;)/, ' at …$1'))).toEqual(expected)
  },
)
