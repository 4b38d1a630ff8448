// Programs of any form, with their output, and programs with mistakes, with the kind, the line and the message of the
// failure. Run in Node by bad-programs.test.ts, and in the page by lab.test.ts.

import { expect } from 'vitest'

const IMPORTS = "import { coroutine, createTask, gather, Lock, run, sleep } from 'spindle'\n"

/** The lines from the second on are the body of main(). */
const main = (body: string): string => `${IMPORTS}function* main() {\n${body}\n}\nawait run(main())`

type BadProgram = readonly [name: string, source: string, outcome: readonly unknown[]]

/** These run as they would without the Lab. */
export const OF_ANY_FORM: readonly BadProgram[] = [
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
]

/** Each message has a line and says what to do. */
export const WRONG: readonly BadProgram[] = [
  ['a top-level throw', "const x = 1\nthrow new Error('top')", ['error', 2, 'Error: top']],
  ['a thrown value', 'throw 42', ['error', 0, 'threw 42. Throw an Error: it knows its line']],
  [
    'a name that is not exported',
    "import { nothing } from 'spindle'\nnothing()",
    [
      'error',
      1,
      "SyntaxError: 'spindle' has no export named 'nothing'. Look for a slip in the name, or remove it from the import",
    ],
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
  [
    'a sleep of NaN ms',
    main('yield* sleep(NaN)'),
    ['error', 3, 'RangeError: Invalid delay: NaN (not a number). Pass the ms to wait, as a number'],
  ],
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
    [
      'error',
      2,
      'RangeError: Maximum call stack size exceeded. If `yield*` nests deeply, wrap the coroutine function in `coroutine()`, which needs no stack. The function calls itself without end: end the recursion, or use a loop',
    ],
  ],
  [
    'text that grows without end',
    main('let text = "x"\nfor (;;) text += text'),
    ['error', 4, 'RangeError: Invalid string length. The text grows without end: limit its length'],
  ],
  ['a syntax error', 'let x = \n= 1', ['syntax', 2, expect.stringContaining('Unexpected token')]],
  ['a bracket that is not closed', main('if (true) {'), ['syntax', expect.any(Number), expect.any(String)]],
  [
    'Tasks that wait for each other',
    main(
      'const a = createTask((function* one() { yield* sleep(1); yield* b })())\nconst b = createTask((function* two() { yield* a })())\nyield* a',
    ),
    [
      'deadlock',
      5,
      'nothing is left that could wake one of them: main waits for one at line 5; one waits for two at line 3; two waits for one at line 4',
    ],
  ],
  [
    'a lock acquired twice',
    main("const lock = new Lock()\nyield* lock.acquire()\nconsole.log('once')\nyield* lock.acquire()"),
    ['once', 'deadlock', 6, 'nothing is left that could wake it: main waits for Lock 1.acquire() at line 6'],
  ],
  [
    'a function that is not imported',
    main('yield* wait([])'),
    ['error', 3, "ReferenceError: wait is not defined. Add it to the import: import { wait } from 'spindle'"],
  ],
  [
    'a misspelt name',
    main('yield* slep(10)'),
    ['error', 3, 'ReferenceError: slep is not defined. Look for a slip in the name, or declare it'],
  ],
  [
    'what only a page has',
    main('alert(1)'),
    ['error', 3, expect.stringContaining('Programs in the Lab have neither a page nor Node')],
  ],
  [
    'await in a coroutine',
    main('await sleep(1)'),
    ['syntax', 3, expect.stringContaining('In a function*, write yield* instead of await')],
  ],
  ['a promise that never settles', 'await new Promise(() => {})', ['deadlock', 0, expect.any(String)]],
]
