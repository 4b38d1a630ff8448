// A RuleTester that knows the types of `spindle`, and one that knows none, as in oxlint or plain JavaScript.

import { fileURLToPath } from 'node:url'
import { RuleTester } from '@typescript-eslint/rule-tester'
import { afterAll, describe, it } from 'vitest'

RuleTester.afterAll = afterAll
RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only

const typed = {
  projectService: { allowDefaultProject: ['*.ts*'], defaultProject: 'tsconfig.json' },
  tsconfigRootDir: fileURLToPath(new URL('..', import.meta.url)),
}

export const withTypes: RuleTester = new RuleTester({ languageOptions: { parserOptions: typed } })
export const withoutTypes: RuleTester = new RuleTester()

/** A program that has what most cases need. */
export function program(body: string): string {
  return `import { createTask, ensureFuture, gather, Lock, Queue, sleep, timeout, type Coroutine, type Task } from 'spindle'
function* child(): Coroutine<boolean> { yield* sleep(1); return true }
declare const task: Task<number>
declare const emitter: { on(name: string, listener: (...args: never[]) => unknown): void }
${body}`
}

/** The same inside a coroutine. */
export function inCoroutine(body: string): string {
  return program(`export function* main(): Coroutine<unknown> { ${body}; return yield* child() }`)
}
