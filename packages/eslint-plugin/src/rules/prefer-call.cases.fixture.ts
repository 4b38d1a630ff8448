import { program, withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { preferCall } from './prefer-call.ts'

function main(body: string): string {
  return program(`declare function load(path: string, options?: { signal?: AbortSignal }): Promise<string>
declare function plain(path: string): Promise<string>
declare const started: Promise<string>
export function* main(): Coroutine<unknown> { ${body} }`)
}
const suggestions = (body: string) => [{ messageId: 'useCall' as const, output: main(body) }]

withTypes.run('prefer-call', preferCall, {
  valid: [
    main('return yield* ensureFuture(started)'), // exists already
    main("const early = ensureFuture(plain('a')); yield* sleep(1); return yield* early"), // runs beside
    main('return yield* ensureFuture(Promise.resolve(1))'),
    main('return yield* ensureFuture(child())'),
    main("return yield* call((signal) => load('a', { signal }))"),
    main("return yield* call(() => plain('a'))"), // takes no signal
    main(
      "return yield* call(() => caches.match(new Request('/')))\ndeclare const caches: { match(request: Request): Promise<void> }",
    ),
  ],
  invalid: [
    {
      code: main("return yield* ensureFuture(plain('a'))"),
      errors: [{ messageId: 'goesOn', suggestions: suggestions("return yield* call(() => plain('a'))") }],
    },
    {
      code: main("return yield* ensureFuture(load('a'))"),
      errors: [{ messageId: 'goesOn', suggestions: suggestions("return yield* call(() => load('a'))") }],
    },
    { code: main("return yield* call(() => load('a'))"), errors: [{ messageId: 'noSignal' }] },
  ],
})

withoutTypes.run('prefer-call, by names', preferCall, {
  valid: ["import { call } from 'spindle'\nexport function* main() { yield* call(() => load('a')) }"],
  invalid: [
    {
      code: "import { call } from 'spindle'\nexport function* main() { yield* call(() => fetch('a')) }",
      errors: [{ messageId: 'noSignal' }],
    },
  ],
})
