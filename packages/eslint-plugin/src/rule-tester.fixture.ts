// A RuleTester that knows the types of `spindle`, and one that knows none, as in oxlint or plain JavaScript.

import { fileURLToPath } from 'node:url'
import * as parser from '@typescript-eslint/parser'
import { type InvalidTestCase, RuleTester, type ValidTestCase } from '@typescript-eslint/rule-tester'
import { Linter } from 'eslint'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'

RuleTester.afterAll = afterAll
RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only

type Run = typeof RuleTester.prototype.run

// Here `spindle` is the built package with its declarations, as users have it.
const folder = fileURLToPath(new URL('../../../examples/.compiled/', import.meta.url))
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: ['node'],
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  skipLibCheck: true,
}

/** The files of all cases and of their fixes, by their text: one program contains them all. */
const files = new Map<string, string>()
let shared: ts.Program | undefined

const typedParser = {
  ...parser,
  parseForESLint(code: string, options?: parser.ParserOptions) {
    const filePath = files.get(code)
    if (filePath === undefined) throw new Error(`no case expects this text:\n${code}`)
    shared ??= programOf(new Map([...files].map(([text, file]) => [file, text])))
    return parser.parseForESLint(code, { ...options, filePath, programs: [shared] })
  },
}
const tester = new RuleTester({ languageOptions: { parser: typedParser } })
const untyped = new RuleTester()

export const withTypes: { readonly run: Run } = {
  run(name, rule, { valid, invalid }) {
    for (const each of [...valid, ...invalid]) for (const text of textsOf(each)) addFile(text)
    tester.run(name, rule, { valid, invalid })
    lintAgain(name, rule, invalid, typedParser)
  },
}
export const withoutTypes: { readonly run: Run } = {
  run(name, rule, cases) {
    untyped.run(name, rule, cases)
    lintAgain(name, rule, cases.invalid, parser)
  },
}

type Case = InvalidTestCase<string, readonly unknown[]>

/** The text that a fix or a suggestion produces parses, and the rule reports one thing less in it. */
function lintAgain(name: string, rule: Parameters<Run>[1], cases: readonly object[], by: object): void {
  const linter = new Linter()
  const plugins = { own: { rules: { rule: rule as never } } }
  const messagesOf = (code: string) =>
    linter.verify(code, { languageOptions: { parser: by as never }, plugins, rules: { 'own/rule': 'error' } })
  it(`${name}: what it proposes parses, and mends what it reported`, () => {
    for (const each of cases as readonly Case[]) {
      const count = (code: string) =>
        messagesOf(code).filter(({ messageId }) => messageId === each.errors[0]?.messageId).length
      const before = count(each.code)
      for (const text of textsOf(each).slice(1)) {
        const fatal = messagesOf(text).filter((message) => message.fatal)
        expect({ text, fatal, isMended: count(text) < before }).toEqual({ text, fatal: [], isMended: true })
      }
    }
  })
}

function addFile(text: string): void {
  if (!files.has(text)) files.set(text, `${folder}case-${files.size}.ts`)
}

function textsOf(
  each: string | ValidTestCase<readonly unknown[]> | InvalidTestCase<string, readonly unknown[]>,
): string[] {
  if (typeof each === 'string') return [each]
  if (!('errors' in each)) return [each.code]
  const suggested = each.errors.flatMap(({ suggestions }) => suggestions ?? []).map(({ output }) => output)
  return [each.code, ...[each.output ?? []].flat(), ...suggested]
}

function programOf(texts: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(OPTIONS, true)
  const { fileExists, readFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  return ts.createProgram([...texts.keys()], OPTIONS, host)
}

/** A program that has what most cases need. */
export function program(body: string): string {
  return `import { call, createTask, ensureFuture, gather, Lock, Queue, run, sleep, timeout, type Coroutine, type Task } from 'spindle'
function* child(): Coroutine<boolean> { yield* sleep(1); return true }
declare const task: Task<number>
declare const emitter: { on(name: string, listener: (...args: never[]) => unknown): void }
${body}`
}

/** The body inside a coroutine. */
export function inCoroutine(body: string): string {
  return program(`export function* main(): Coroutine<unknown> { ${body}; return yield* child() }`)
}
