// CPython's own tests by name, and where ours name them: `// CPython: test_tasks.BaseTaskTests.test_cancel`, above an
// `it`, or above a program of test/conformance, which runs on CPython as well.

import { readdirSync, readFileSync } from 'node:fs'
import { root } from '../tooling/run-example.ts'

/** A test function of CPython. */
export interface CPythonTest {
  /** Such as `test_asyncio/test_tasks.py`. */
  readonly file: string
  /** Such as `test_tasks.BaseTaskTests`. */
  readonly group: string
  /** Such as `test_tasks.BaseTaskTests.test_cancel`. */
  readonly name: string
}

/** A place in our tests that names one of CPython's. */
export interface Mention {
  readonly name: string
  readonly file: string
  readonly line: number
  /** Whether a test follows. */
  readonly aboveTest: boolean
}

/** The tests that `test/cpython-3.14-tests.txt` lists, in its order. */
export function readCPythonTests(): CPythonTest[] {
  const tests: CPythonTest[] = []
  let file = ''
  for (const line of readFileSync(`${root}test/cpython-3.14-tests.txt`, 'utf8').split('\n')) {
    const [, heading] = /^## (\S+\.py) /.exec(line) ?? []
    const [, group, names] = /^(\w+): (.+)$/.exec(line) ?? []
    if (heading !== undefined) file = heading
    else if (names !== undefined) {
      // The names of the other files are told apart by themselves.
      const module = file.replace('test_asyncio/', '').replace('.py', '').replace('/', '.')
      const own = names.split(' ').map((name) => `${module}.${group}.test_${name}`)
      tests.push(...own.map((name) => ({ file, group: `${module}.${group}`, name })))
    }
  }
  return tests
}

/** Every mention of a test of CPython in ours. */
export function readMentions(): Mention[] {
  return ['packages', 'test']
    .flatMap(testFiles)
    .flatMap((file) => mentionsIn(file, readFileSync(`${root}${file}`, 'utf8')))
}

/** The mentions in the text of one file. */
export function mentionsIn(file: string, text: string): Mention[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const [, list] = /^\s*\/\/ CPython: (test_\S+(?:, *test_\S+)*)$/.exec(line) ?? []
    if (list === undefined) return []
    const next = lines.slice(index + 1).find((line) => !/^\s*\/\//.test(line)) ?? ''
    const aboveTest = /^\s*(?:it|test|describe|program)\b/.test(next)
    return list.split(/, */).map((name) => ({ name, file, line: index + 1, aboveTest }))
  })
}

function testFiles(directory: string): string[] {
  return readdirSync(`${root}${directory}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : testFiles(path)
    return entry.name.endsWith('.test.ts') || directory === 'test/conformance/programs' ? [path] : []
  })
}
