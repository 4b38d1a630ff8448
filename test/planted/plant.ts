// Shows that the exploration, the compositions, the proof and the second checks of security.md can fail: plants one bug
// after the other in a copy of the sources, runs a check there, and prints which bugs it found.
//   npm run plant exploration         or compositions
//   npm run plant security            each hole is found by the check of its row, and by no other (as root: it becomes
//                                     another user); with words, only the checks of those rows run
//   npm run plant cpython             bugs that CPython once had: the row of its test in cpython-tests.txt must be red
//   npm run plant exploration permit  only bugs whose description contains all of the words
//   npm run plant mutate FILE…        mutants of these files, or all that schedules Tasks; --changed; --sample 100

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CPython } from '../conformance/cpython.ts'
import { readCPythonTests } from '../conformance/cpython-tests.ts'
import { root } from '../tooling/run-example.ts'
import { changeSettings } from '../tooling/settings.mjs'
import type { Bug } from './bugs-in.ts'
import type { Expected } from './check-copy.fixture.ts'
import { bugs as compositionBugs } from './composition-bugs.ts'
import { bugs as cpythonBugs } from './cpython-bugs.ts'
import { bugs as explorationBugs } from './exploration-bugs.ts'
import { mutate } from './mutate.ts'
import { programsToCheck } from './programs-to-check.ts'
import { bugs as securityBugs } from './security-bugs.ts'

/** What checks the copy, and exits with 1 at the first fault. */
interface Check {
  readonly bugs: readonly Bug[]
  /** The arguments of Node that look for a bug, or for any. */
  readonly args: (bug?: Bug) => string[]
  /** Which parts of the check have failed: the one with the name of the bug should, and no other. */
  readonly failed?: () => Map<string, string>
}

const copy = mkdtempSync(join(tmpdir(), 'spindle-planted-'))
const checks: Record<string, Check> = {
  cpython: { args: rowOf, bugs: [...cpythonBugs, ...explorationBugs].filter(({ row }) => row !== undefined) },
  compositions: { args: program('composition-copy.fixture.ts'), bugs: compositionBugs },
  exploration: { args: program('explore-copy.fixture.ts'), bugs: explorationBugs },
  security: { args: secondCheck, bugs: securityBugs, failed: failedRows },
}
// A bug may well make a loop that never ends. On an idle machine, the longest check takes two minutes.
const LONGEST_MS = 600_000

const args = process.argv.slice(2)
const [name = '', ...words] = args[0] === '--changed' ? ['mutate', ...args] : args
const chosen = checks[name]
if (chosen === undefined && name !== 'mutate')
  throw new Error(`plant which bugs? ${Object.keys(checks).join(', ')} or mutate`)
try {
  copySources()
  process.exitCode = (chosen === undefined ? await mutants() : missedBy(chosen) > 0) ? 1 : 0
} finally {
  rmSync(copy, { recursive: true })
}

async function mutants(): Promise<boolean> {
  await writeTraces(join(copy, 'expected.json'))
  return mutate(copy, words)
}

function missedBy(check: Check): number {
  const wanted = check.bugs.filter(({ what }) => words.every((word) => what.includes(word)))
  const sound = resultOf(check, wanted.length === 1 ? wanted[0] : undefined)
  if (!sound.passed) throw new Error(`without any bug: ${sound.how}`)
  const missed = wanted.filter((bug, index) => {
    const { what, file, find, replace } = bug
    const path = join(copy, file)
    const source = readFileSync(path, 'utf8')
    const broken = source.replace(find, () => replace)
    writeFileSync(path, broken)
    const { found, how } = resultOf(check, bug)
    writeFileSync(path, source)
    console.log(`${String(index + 1).padStart(2)} ${found ? 'found ' : 'MISSED'}  ${what}\n            ${how}`)
    return !found
  })
  console.log(`${wanted.length - missed.length} of ${wanted.length} bugs were found`)
  return missed.length
}

function copySources(): void {
  const isSource = (file: string): boolean => !/[\\/](?:dist|\.compiled|\.git|tarballs)$/.test(file)
  for (const part of readdirSync(root)) {
    // The links between the packages are relative: in the copy they lead to the copy.
    if (part !== 'node_modules' && isSource(`/${part}`))
      cpSync(join(root, part), join(copy, part), { recursive: true, verbatimSymlinks: true, filter: isSource })
  }
  mkdirSync(join(copy, 'node_modules')) // with a cache of its own
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name))
  }
}

function program(name: string): () => string[] {
  return () => ['--import', 'tsx', join(copy, 'test/planted', name), join(copy, 'expected.json')]
}

/** What a test of CPython stands for: its programs, or a test of Spindle. Without a bug, all programs. */
function rowOf({ row }: Partial<Bug> = {}): string[] {
  const all = readCPythonTests().filter(({ name }) => name === row)
  const [file, title] = all.find(({ kind }) => kind === 'hand')?.by[0]?.split(' › ') ?? []
  const pattern = title?.replace(/[^\w ]/g, '.') ?? (row === undefined ? ' = test_' : ` = ${row}( = |$)`)
  const place = file ?? 'test/conformance/conformance.test.ts'
  return ['node_modules/vitest/vitest.mjs', 'run', place, '--testNamePattern', pattern]
}

/** The tests of all rows of security.md on the packages that are built of the copy; with words, of the row alone. */
function secondCheck({ what }: Partial<Bug> = {}): string[] {
  changeSettings({ form: 'all' })
  const chosen = what === undefined || words.length === 0 ? [] : ['--testNamePattern', `^${what}`]
  const report = ['--reporter=json', `--outputFile=${join(copy, 'report.json')}`]
  return ['node_modules/vitest/vitest.mjs', 'run', '--project=built', 'test/security', ...report, ...chosen]
}

/** The rows whose tests have failed, with an error of each. */
function failedRows(): Map<string, string> {
  interface Result {
    readonly ancestorTitles: readonly string[]
    readonly status: string
    readonly failureMessages: readonly string[]
  }
  const { testResults } = JSON.parse(readFileSync(join(copy, 'report.json'), 'utf8')) as {
    readonly testResults: readonly { readonly assertionResults: readonly Result[] }[]
  }
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  )
  return new Map(failed.map(({ ancestorTitles: [row = ''], failureMessages: [error = ''] }) => [row, error]))
}

function resultOf({ args, failed }: Check, bug?: Bug): { passed: boolean; found: boolean; how: string } {
  const options = { cwd: copy, encoding: 'utf8', timeout: LONGEST_MS, maxBuffer: 1e9 } as const
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args(bug), options)
  const passed = signal === null && status === 0
  if (passed) return { passed, found: false, how: stdout.trim().split('\n').at(-1) ?? '' }
  if (signal !== null) return { passed, found: true, how: 'a run never ended' }
  if (failed !== undefined) {
    const rows = [...failed()]
    const how = rows.map(([row, error]) => `${row}: ${error.split('\n')[0]}`).join('\n            ')
    return { passed, found: rows.length === 1 && rows[0]?.[0] === bug?.what, how: how || stderr }
  }
  const error = `${stderr}\n${stdout}`.split('\n').find((line) => /Error/.test(line))
  return { passed, found: true, how: (bug !== undefined && error) || stdout.trim() || stderr }
}

/** Writes the programs with CPython's traces, which are the same for each bug. */
async function writeTraces(file: string): Promise<void> {
  const cpython = await CPython.start()
  const programs = programsToCheck(cpython)
  const expected: Expected[] = []
  for (let start = 0; start < programs.length; start += 500) {
    const batch = programs.slice(start, start + 500)
    const traces = cpython.run(batch)
    expected.push(...batch.map((program, index) => ({ program, trace: traces[index] ?? [] })))
  }
  writeFileSync(file, expected.map((one) => JSON.stringify(one)).join('\n'))
}
