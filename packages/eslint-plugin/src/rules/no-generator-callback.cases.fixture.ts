import { inCoroutine, program, withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { noGeneratorCallback } from './no-generator-callback.ts'

const DECLARED = "declare const storage: import('node:async_hooks').AsyncLocalStorage<number>"
const STORAGE = `export ${DECLARED}`
const later = [{ messageId: 'runsLater' as const }]
const errors = [{ messageId: 'neverRuns' as const }]

const storages = `import { sleep } from 'spindle'
import { AsyncLocalStorage } from 'node:async_hooks'
export const storage = new AsyncLocalStorage()
export const other = { run(_options, fn) { return fn() } }
function* child() { yield* sleep(1) }
`
const stores = {
  valid: ['storage.run(1, () => 2)', 'other.run(1, child)', 'storage.exit(child)'],
  invalid: ['storage.run(1, function* () { yield* child() })'],
}

withoutTypes.run('no-generator-callback without types', noGeneratorCallback, {
  valid: stores.valid.map((code) => storages + code),
  invalid: stores.invalid.map((code) => ({ code: storages + code, errors: [{ messageId: 'runsLater' }] })),
})

withTypes.run('no-generator-callback', noGeneratorCallback, {
  valid: [
    inCoroutine('yield* gather([1].map(function* () { yield* child() }))'),
    inCoroutine('[1].forEach(() => { createTask(child()) })'),
    inCoroutine('yield* timeout(10, function* () { yield* child() })'),
    program("import { forEach } from 'spindle'; export const all = forEach([1], function* () { yield* child() })"),
    program('setTimeout(() => createTask(child()), 1)'),
    program('declare function each(visit: () => Generator): void; each(function* () { yield 1 })'),
    program('declare const tree: { forEach(visit: () => Coroutine<boolean>): void }; tree.forEach(child)'),
    'declare const list: { forEach(visit: () => unknown): void }; list.forEach(function* () { yield 1 })', // not Spindle
    program(`${STORAGE}; storage.run(1, () => createTask(child()))`),
    program(`${STORAGE}; export const size = storage.run(1, () => 2)`),
    program('export const sum = [1].map((n) => n + 1)'),
  ],
  invalid: [
    { code: program('setTimeout(child, 1)'), errors },
    { code: program("emitter.on('data', function* () { yield* child() })"), errors },
    {
      code: program('declare function onOpen(done: () => void): void; onOpen(function* () { yield* child() })'),
      errors,
    },
    { code: program('declare function onOpen(done: () => void): void; onOpen(child)'), errors },
    { code: program('export const page: { onclick(): void } = { onclick: function* () { yield* child() } }'), errors },
    { code: program(`${STORAGE}; export const job = storage.run(1, child)`), errors: later },
    { code: inCoroutine(`${DECLARED}; yield* storage.run(1, () => child())`), errors: later },
    { code: inCoroutine(`${DECLARED}; yield* storage.run(1, function* () { yield* child() })`), errors: later },
  ],
})
