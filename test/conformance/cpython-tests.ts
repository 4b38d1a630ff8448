// What became of each of CPython's own tests: cpython-tests.txt says it, and this reads it.

import { readFileSync } from 'node:fs'

/** `ran` on CPython and here, by `hand` here alone, or does `no`t apply. */
export type Kind = 'ran' | 'hand' | 'no'

export interface CPythonTest {
  /** Such as `test_asyncio/test_tasks.py`. */
  readonly file: string
  /** Such as `test_tasks.BaseTaskTests.test_cancel`. */
  readonly name: string
  readonly kind: Kind
  /** The programs, the tests (`file › title`), or the reason. */
  readonly by: readonly string[]
}

/** All tests, in the order of the list. */
export function readCPythonTests(
  text = readFileSync(new URL('cpython-tests.txt', import.meta.url), 'utf8'),
): CPythonTest[] {
  const tests = new Map<string, CPythonTest>()
  let [file, group] = ['', '']
  for (const line of text.split('\n')) {
    const row = /^ {2}(ran|hand|no) \| (?:(.+) \| )?(.+)$/.exec(line)
    if (line.startsWith('## ')) file = line.slice(3)
    else if (/^\w+$/.test(line))
      group = `${file.replace('test_asyncio/', '').replace('.py', '').replace('/', '.')}.${line}`
    else if (row !== null) {
      const [, kind, what, names = ''] = row
      for (const each of names.split(' ')) {
        const name = `${group}.test_${each}`
        const by = [...(tests.get(name)?.by ?? []), ...(what === undefined ? [] : [what])]
        tests.set(name, { file, name, kind: kind as Kind, by })
      }
    } else if (line !== '' && !line.startsWith('#')) throw new Error(`cpython-tests.txt: what is ‘${line}’?`)
  }
  return [...tests.values()]
}

/** The names of the tests that each program says, by the program's name. */
export function testsByProgram(tests: readonly CPythonTest[]): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const { kind, by, name } of tests) {
    if (kind === 'ran') for (const program of by) names.set(program, [...(names.get(program) ?? []), name])
  }
  return names
}
