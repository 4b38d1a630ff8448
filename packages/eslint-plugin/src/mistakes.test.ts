// Makes every mistake of docs/reference/mistakes.md, and checks that it is found as the table says.

import { readFileSync, rmSync } from 'node:fs'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../../../test/tooling/long-form.ts'
import plugin from './index.ts'
import { lint, root, writePrograms } from './typed-eslint.fixture.ts'

interface Mistake {
  readonly place: string
  readonly code: string
  readonly foundBy: string
}

const mistakes = readMistakes(readFileSync(`${root}docs/reference/mistakes.md`, 'utf8'))

const PRELUDE = `
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test as nodeTest } from 'node:test'
import { type Coroutine, createTask, ensureFuture, gather, gatherMap, Lock, Queue, run, runSync, sleep, type Task, timeout, wait } from 'spindle'
import { threading } from 'spindle/thread'
export const unused = [nodeTest, readFile, ensureFuture, createTask, gather, gatherMap, Lock, Queue, run, runSync, sleep, timeout, wait, readFileSync, threading.sleep]
function* child(): Coroutine<boolean> { yield* sleep(1); return true }
function* work(): Coroutine<boolean> { yield* sleep(1); return true }
declare const emitter: { on(name: string, listener: (...args: never[]) => unknown): void }
declare const cell: Int32Array
declare const shared: { total: number }
`

let typeErrors: Map<string, string[]>
let lintErrors: Map<string, { rule: string }[]>
let folder: string
let files: string[]

// The compiler and the linter read 63 programs.
describe.runIf(longForm)('the mistakes of docs/reference/mistakes.md', () => {
  beforeAll(async () => {
    const written = writePrograms('mistakes', mistakes.map(programOf))
    folder = written.folder
    files = written.files
    typeErrors = compile()
    lintErrors = await lint(folder, ['*.ts'], 'recommended')
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(mistakes.map((mistake, index) => ({ ...mistake, index })))(
    '$place: $code is found by $foundBy',
    async ({ foundBy, index }) => {
      const file = files[index] ?? ''
      const found = {
        type: (typeErrors.get(file) ?? []).join('; '),
        rules: (lintErrors.get(file) ?? []).map(({ rule }) => rule),
        runTime: /run time: (.*)/.exec(foundBy)?.[1] === undefined ? '' : await outcomeOf(file),
      }
      for (const finder of foundBy.split(', ')) {
        const [, rule] = /^rule `(.*)`$/.exec(finder) ?? []
        const [, message] = /^run time: (.*)$/.exec(finder) ?? []
        const [isType, said = ''] = /^type(?:: (.*))?$/.exec(finder) ?? []
        if (isType !== undefined) expect(found.type).toMatch(said === '' ? /./ : said)
        else if (rule !== undefined) expect(found.rules).toContain(rule)
        else expect(found.runTime).toContain(message)
      }
      // A mistake that the type checker finds as well says so.
      if (!foundBy.includes('type')) expect(typeErrors.get(file) ?? []).toEqual([])
    },
  )

  it('are one of each kind of finder at least, and more than 45', () => {
    expect(mistakes.length).toBeGreaterThan(45)
    const finders = mistakes.map(({ foundBy }) => foundBy).join()
    for (const rule of Object.keys(plugin.configs.recommended.rules ?? {}).filter((name) =>
      name.startsWith('@spindle/'),
    )) {
      expect(finders).toContain(`rule \`${rule.slice('@spindle/'.length)}\``)
    }
  })
})

function readMistakes(page: string): Mistake[] {
  let place = ''
  return page.split('\n').flatMap((line) => {
    place = /^## (.*)/.exec(line)?.[1] ?? place
    const [, code, foundBy] = /^\| ``?(.*?)``? \| (.*) \|$/.exec(line) ?? []
    return code === undefined || foundBy === undefined ? [] : [{ place, code, foundBy }]
  })
}

function programOf({ place, code }: Mistake): string {
  if (place !== 'In a coroutine') return `${PRELUDE}\nexport {}\n${code}\n`
  const declarations = 'const lock = new Lock(); const queue = new Queue<number>(); const task = createTask(work());'
  const body = `${declarations} yield* sleep(0); void [lock, queue, task];\n  ${code}\n  return 1`
  return `${PRELUDE}\nexport function* main(): Coroutine<unknown> {\n  ${body}\n}\n`
}

function compile(): Map<string, string[]> {
  const { config } = ts.readConfigFile(`${folder}tsconfig.json`, (path) => readFileSync(path, 'utf8'))
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const program = ts.createProgram(fileNames, options)
  const found = new Map<string, string[]>()
  for (const name of fileNames) {
    const source = program.getSourceFile(name)
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    found.set(
      name,
      diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    )
  }
  return found
}

/** What a program reports when it is run. */
async function outcomeOf(file: string): Promise<string> {
  const { run } = await import('spindle')
  try {
    const { main } = (await import(/* @vite-ignore */ file)) as { main?: () => never }
    return main === undefined ? '' : `ended with ${await run(main(), { debug: true })}`
  } catch (error) {
    return String(error)
  }
}
