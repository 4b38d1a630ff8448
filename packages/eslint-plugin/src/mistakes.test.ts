// Makes every mistake of docs/reference/mistakes.md, and checks that it is found as its row says.

import { readFileSync, rmSync } from 'node:fs'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
import { call, CancelledError, type Coroutine, createTask, ensureFuture, forEach, gather, gatherMap, getHostLoop, getRunningLoop, Lock, moveOnAfter, Queue, race, retry, run, runSync, sleep, taskGroup, timeout, uncancellable, wait, waitFor } from 'spindle'
import { threading, type ThreadPoolExecutor } from 'spindle/thread'
function* child(): Coroutine<boolean> { yield* sleep(1); return true }
function* work(): Coroutine<boolean> { yield* sleep(1); return true }
declare const emitter: { on(name: string, listener: (...args: never[]) => unknown): void }
declare const cell: Int32Array
declare const shared: { total: number }
declare const pool: ThreadPoolExecutor
`

let typeErrors: Map<string, string | undefined>
let lintErrors: Map<string, { rule: string }[]>
let folder: string
let files: string[]

describe('the mistakes of docs/reference/mistakes.md', () => {
  beforeAll(async () => {
    const written = writePrograms('mistakes', mistakes.map(programOf))
    folder = written.folder
    files = written.files
    const program = compile()
    typeErrors = errorsOf(program)
    lintErrors = await lint(folder, ['*.ts'], 'strict', program)
  }, 400_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(mistakes.map((mistake, index) => ({ ...mistake, index })))(
    '$place: $code is found by $foundBy',
    async ({ foundBy, index }) => {
      const file = files[index] ?? ''
      const found = {
        type: typeErrors.get(file),
        rules: (lintErrors.get(file) ?? []).map(({ rule }) => rule),
        runTime: /run time: (.*)/.exec(foundBy)?.[1] === undefined ? '' : await outcomeOf(file),
      }
      for (const finder of foundBy.split(', ')) {
        const [, rule] = /^rule `(.*)`$/.exec(finder) ?? []
        const [, message] = /^run time: (.*)$/.exec(finder) ?? []
        const [isType, said = ''] = /^type(?:: (.*))?$/.exec(finder) ?? []
        if (isType !== undefined) expect(found.type).toContain(said)
        else if (finder === 'nothing') expect(found).toEqual({ type: undefined, rules: [], runTime: '' })
        else if (rule !== undefined) expect(found.rules).toContain(rule)
        else expect(found.runTime).toContain(message)
      }
      // A mistake that the type checker finds as well says so.
      if (!foundBy.includes('type')) expect(found.type).toBeUndefined()
    },
  )

  it('are stopped by the compiler or a rule, 110 of 120 at least', () => {
    const stopped = mistakes.filter(({ foundBy }) => /\b(?:type|rule)\b/.test(foundBy))
    expect(mistakes.length).toBeGreaterThan(120)
    expect(stopped.length / mistakes.length).toBeGreaterThan(110 / 120)
  })

  it('are one of each rule at least', () => {
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

function compile(): ts.Program {
  const { config } = ts.readConfigFile(`${folder}tsconfig.json`, (path) => readFileSync(path, 'utf8'))
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  return ts.createProgram(fileNames, options)
}

/** The first two lines that the compiler says about each file. */
function errorsOf(program: ts.Program): Map<string, string | undefined> {
  const found = files.map((file): [string, string | undefined] => {
    const source = program.getSourceFile(file)
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    const lines = diagnostics.flatMap(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, '\n').split('\n'),
    )
    return [file, lines.length === 0 ? undefined : lines.slice(0, 2).join('\n')]
  })
  return new Map(found)
}

/** The reports of a program when it runs. */
async function outcomeOf(file: string): Promise<string> {
  const { run } = await import('spindle')
  try {
    const { main } = (await import(/* @vite-ignore */ file)) as { main?: () => never }
    return main === undefined ? '' : `ended with ${await run(main(), { debug: true })}`
  } catch (error) {
    return String(error)
  }
}
