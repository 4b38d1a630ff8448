import { inCoroutine, program, withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { noFloatingCoroutine } from './no-floating-coroutine.ts'

const suggestions = (from: string, call: string): { messageId: 'addYieldStar' | 'addCreateTask'; output: string }[] => [
  {
    messageId: 'addYieldStar',
    output: from.replace(`§${call}`, /(?:void|&&) §/.test(from) ? `(yield* ${call})` : `yield* ${call}`),
  },
  { messageId: 'addCreateTask', output: from.replace(`§${call}`, `createTask(${call})`) },
]

/** A case whose one error stands at `§`. */
function floating(code: string, call: string, messageId: 'floating' | 'dropped' | 'unused' = 'floating') {
  return { code: code.replace('§', ''), errors: [{ messageId, suggestions: suggestions(code, call) }] }
}

/** A case whose one error is a coroutine that something else than `yield*` uses. */
function used(code: string, call: string, messageId: 'iterated' | 'printed') {
  const output = code.replace(`§${call}`, `(yield* ${call})`)
  return {
    code: code.replace('§', ''),
    errors: [{ messageId, suggestions: [{ messageId: 'addYieldStar' as const, output }] }],
  }
}

withTypes.run('no-floating-coroutine', noFloatingCoroutine, {
  valid: [
    inCoroutine('yield* child()'),
    inCoroutine('createTask(child())'),
    inCoroutine('const running = createTask(child()); yield* running'),
    inCoroutine('const later = child(); yield* later'),
    inCoroutine('yield* gather([child(), child()])'),
    inCoroutine('const all = [1, 2].map(() => child()); yield* gather(all)'),
    inCoroutine('task.cancel()'),
    program('export const exported = child()'),
    inCoroutine('const later = child(); console.log(later); yield* later'),
    inCoroutine('yield* call(() => run(child()))'),
    inCoroutine('console.log({ task })'),
    inCoroutine('const running = run(child()); yield* call(() => running)'),
    inCoroutine('Response.json({ value: yield* child() })'),
    program('void run(child())'), // outside of a coroutine: a promise
    program('void Promise.all([task, ensureFuture(Promise.resolve(1))])'),
    'function* numbers() { yield 1 }\nnumbers()', // an ordinary generator
  ],
  invalid: [
    floating(inCoroutine('§child()'), 'child()'),
    floating(inCoroutine('void §child()'), 'child()'),
    floating(inCoroutine('§sleep(10)'), 'sleep(10)'),
    floating(inCoroutine('true && §child()'), 'child()'),
    {
      code: program(
        'declare const log: { flush(): Coroutine<void> } | undefined\nexport function* f() { log?.flush() }',
      ),
      errors: [{ messageId: 'floating' }],
    },
    used(inCoroutine('for (const x of §child()) console.log(x)'), 'child()', 'iterated'),
    used(inCoroutine('console.log(...§child())'), 'child()', 'iterated'),
    used(inCoroutine('console.log(`${§child()}`)'), 'child()', 'printed'),
    used(inCoroutine('JSON.stringify({ value: §child() })'), 'child()', 'printed'),
    used(inCoroutine('console.log([{ ...task, value: §child() }])'), 'child()', 'printed'),
    used(inCoroutine('Response.json([§child()])'), 'child()', 'printed'),
    { code: inCoroutine('void run(child())'), errors: [{ messageId: 'floatingRun' }] },
    { code: inCoroutine('const running = run(child())'), errors: [{ messageId: 'floatingRun' }] },
    floating(inCoroutine('§gather([child()])'), 'gather([child()])', 'dropped'),
    floating(inCoroutine('const lost = §child()'), 'child()', 'unused'),
    { code: program('child()'), errors: [{ messageId: 'floating' }] }, // outside: nothing to suggest
    { code: inCoroutine('[child(), child()]'), errors: [{ messageId: 'floating' }] },
    { code: inCoroutine('const lost = [1].map(() => child())'), errors: [{ messageId: 'items' }] },
    { code: program('void Promise.race([1].map(() => child()))'), errors: [{ messageId: 'inPromise' }] },
  ],
})

withoutTypes.run('no-floating-coroutine, by names', noFloatingCoroutine, {
  valid: [
    inCoroutine('yield* child()'),
    inCoroutine('createTask(child())'),
    'function* numbers() { yield 1 }\nnumbers()',
    program('export function* numbers() { yield 1 }\nfor (const n of numbers()) console.log(n, ...numbers())'),
    // Its own text, or that of a function it delegates to, shows an ordinary generator, or leaves it open.
    ...[
      'yield* numbers()',
      "yield* 'text'",
      'yield* [1]',
      'const both = new Set([1, 2]); yield* both',
      'yield* elsewhere()',
      'for (const each of arguments) yield* each',
      'yield* again()',
    ].map((body) =>
      program(`function* numbers() { yield 1 }
        function* again() { yield* delegates(); yield 2 }
        function* delegates() { ${body} }
        for (const n of delegates()) console.log(n)`),
    ),
    program('function* numbers(of: Sets): Iterable<number> { yield* of.all() }\nconsole.log(...numbers(sets))'),
    program('async function* lines() { yield* [] }\nfor await (const line of lines()) console.log(line)'),
    "import { sleep } from 'timers'\nsleep(1)",
  ],
  invalid: [
    floating(inCoroutine('§child()'), 'child()'),
    floating(inCoroutine('§sleep(10)'), 'sleep(10)'),
    floating(inCoroutine('function* delegates() { yield* elsewhere() }; §delegates()'), 'delegates()'),
    used(
      inCoroutine('function* delegates() { const later = child(); yield* later }; console.log(...§delegates())'),
      'delegates()',
      'iterated',
    ),
    used(inCoroutine('function* silent() { return [1] }; console.log(...§silent())'), 'silent()', 'iterated'),
    { code: "import * as s from 'spindle'\ns.sleep(1)", errors: [{ messageId: 'floating' }] },
    { code: program('void Promise.all([1].map(child))'), errors: [{ messageId: 'inPromise' }] },
  ],
})
