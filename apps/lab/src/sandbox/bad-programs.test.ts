import { describe, expect, it } from 'vitest'
import { type RunResult, runProgram } from './run-program.ts'

const IMPORTS = "import { coroutine, createTask, gather, Lock, run, sleep } from 'spindle'\n"

/** What a program prints, and how it fails: the kind, the line, the message. */
async function outcomeOf(source: string): Promise<unknown[]> {
  const { recording, failure } = await new Promise<RunResult>((resolve) =>
    runProgram({ source, schedule: [], seed: 1 }, resolve),
  )
  const printed = recording.rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
  return failure === undefined ? printed : [...printed, failure.kind, failure.line, failure.message]
}

/** The lines from the second on are the body of main(). */
const main = (body: string): string => `${IMPORTS}function* main() {\n${body}\n}\nawait run(main())`

describe('a program of any form runs as it would without the Lab', () => {
  it.each<[string, string, string[]]>([
    ['with an enum', `${IMPORTS}enum Colour { Red, Green }\nconsole.log(Colour.Green, Colour[0])`, ['1 Red']],
    ['that is empty', '', []],
    ['without run()', "console.log('no run')", ['no run']],
    [
      'with two runs, one after the other',
      `${main("yield* sleep(1)\nconsole.log('a')")}\nawait run(coroutine(function* () { console.log('b') })())`,
      ['a', 'b'],
    ],
    [
      'with two runs at once',
      `${IMPORTS}function* a() { yield* sleep(1); console.log('a') }\nawait Promise.all([run(a()), run(a())])`,
      ['a', 'a'],
    ],
    ['with a sleep of 10¹⁵ ms', main("yield* sleep(1e15)\nconsole.log('there')"), ['there']],
    [
      'with coroutine() and bare functions, mixed',
      `${IMPORTS}const add = coroutine(function* (x: number) { yield* sleep(1); return x + 1 })
function* twice(x: number) { return (yield* add(x)) * 2 }
await run(coroutine(function* () { console.log(yield* twice(1)) })())`,
      ['4'],
    ],
    [
      'with generator methods',
      `${IMPORTS}class A { #n = 1; static *make() { yield* sleep(1); return new A() }
  *get(k = this.#n) { yield* sleep(k); return k } }
function* main() { const a = yield* A.make(); console.log(yield* a.get()) }
await run(main())`,
      ['1'],
    ],
    [
      'with yield* in arguments, templates and conditions',
      `${IMPORTS}function* v<T>(x: T) { yield* sleep(1); return x }
${'function* main() { console.log(yield* v(1), `t${yield* v(2)}-${yield* v(3)}`, [yield* v(4)], (yield* v(true)) ? yield* v(5) : 0) }'}
await run(main())`,
      ['1 t2-3 [ 4 ] 5'],
    ],
    [
      'with loops without a block',
      main(`let n = 0
while (n++ < 2) yield* sleep(1)
for (const x of [1, 2]) yield* sleep(x)
do yield* sleep(1); while (n++ < 5)
if (n > 0) yield* sleep(1); else yield* sleep(2)
console.log(n)`),
      ['6'],
    ],
    [
      'that closes a generator by hand',
      `${IMPORTS}function* inner() { try { yield } finally { console.log('closed') } }
function* main() { const g = inner(); g.next(); g.return(); yield* sleep(1); console.log('on') }
await run(main())`,
      ['closed', 'on'],
    ],
    [
      'with a listener that throws',
      `${IMPORTS}import { getRunningLoop } from 'spindle'
function* main() { getRunningLoop().events.on('task:suspended', () => { throw new Error('listener') }); yield* sleep(1); console.log('on') }
await run(main())`,
      ['on'],
    ],
  ])('%s', async (_name, source, printed) => {
    expect(await outcomeOf(source)).toEqual(printed)
  })
})

describe('what goes wrong is said, with its line and what to do', () => {
  it.each<[string, string, unknown[]]>([
    ['a top-level throw', "const x = 1\nthrow new Error('top')", ['error', 2, 'Error: top']],
    ['a thrown value', 'throw 42', ['error', 0, 'threw 42']],
    [
      'a name that is not exported',
      "import { nothing } from 'spindle'\nnothing()",
      ['error', 1, "SyntaxError: 'spindle' has no export named 'nothing'"],
    ],
    [
      'a package that is not there',
      "import x from 'lodash'\nx()",
      [
        'error',
        1,
        "Error: 'lodash' cannot be imported: it is not in the Lab. Programs here can import from 'spindle' and '@spindle/testing'",
      ],
    ],
    [
      'a module of Node',
      "import 'node:fs'",
      [
        'error',
        1,
        "Error: 'node:fs' cannot be imported: it needs Node, and the Lab runs in a page. Run this program with npx tsx",
      ],
    ],
    ['a sleep of NaN ms', main('yield* sleep(NaN)'), ['error', 3, 'RangeError: Invalid delay: NaN (not a number)']],
    [
      'an async function awaited with yield*',
      `${IMPORTS}async function load() { return 7 }\nfunction* main() {\n  yield* load()\n}\nawait run(main())`,
      ['error', 4, expect.stringContaining('a promise is awaited as `yield* ensureFuture(promise)`')],
    ],
    [
      'a loop that never waits',
      main('let n = 0\nfor (;;) n++'),
      ['never-waits', 4, 'this loop never waits, so nothing else can run: let it end, or wait in it'],
    ],
    [
      'the same, with try and catch around it',
      main('for (;;) try { for (;;) {} } catch {}'),
      ['never-waits', 3, expect.any(String)],
    ],
    [
      'recursion without end',
      `${IMPORTS}function* f(): Generator { yield* f() }\nawait run(f())`,
      ['error', 2, 'RangeError: Maximum call stack size exceeded'],
    ],
    [
      'a lock acquired twice',
      main("const lock = new Lock()\nyield* lock.acquire()\nconsole.log('once')\nyield* lock.acquire()"),
      ['once', 'deadlock', 6, expect.stringContaining('one task waits, and nothing is left that could wake it')],
    ],
    ['a promise that never settles', 'await new Promise(() => {})', ['deadlock', 0, expect.any(String)]],
  ])('%s', async (_name, source, expected) => {
    expect(await outcomeOf(source)).toEqual(expected)
  })
})
