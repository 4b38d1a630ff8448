import type { CPythonTest, Mention } from './cpython-tests.ts'
import { DOES_NOT_APPLY } from './tests-data.ts'

/** What became of a test of CPython. */
export type TestFate =
  | { readonly kind: 'covered'; readonly by: readonly Mention[] }
  | { readonly kind: 'does not apply'; readonly why: string }
  | { readonly kind: 'missing' }

/** A test of CPython and what became of it. */
export interface ComparedTest extends CPythonTest {
  readonly fate: TestFate
}

/** Sets CPython's tests beside ours. */
export function compareTests(tests: readonly CPythonTest[], mentions: readonly Mention[]): ComparedTest[] {
  return tests.map((test) => ({ ...test, fate: fateOf(test, mentions) }))
}

/**
 * What is wrong with the mentions in our tests, and with the data: names that CPython has not, mentions above no test,
 * reasons for nothing.
 */
export function contradictions(tests: readonly CPythonTest[], mentions: readonly Mention[]): string[] {
  const names = new Set(tests.map(({ name }) => name))
  const covered = new Set(mentions.map(({ name }) => name))
  const wrong: string[] = []
  for (const { name, file, line, aboveTest } of mentions) {
    if (!names.has(name)) wrong.push(`${file}:${line}: CPython has no ${name}`)
    if (!aboveTest) wrong.push(`${file}:${line}: no test follows ${name}`)
  }
  for (const told of DOES_NOT_APPLY.flatMap(({ tests }) => tests)) {
    const meant = tests.filter((test) => isMeant(told, test))
    if (meant.length === 0) wrong.push(`tests-data.ts: CPython has no ${told}`)
    const needless = told.endsWith('*') ? [] : meant.filter(({ name }) => covered.has(name))
    wrong.push(...needless.map(({ name }) => `tests-data.ts: ${name} is covered`))
    for (const name of namesIn(told)) if (!names.has(name)) wrong.push(`tests-data.ts: CPython has no ${name}`)
  }
  return wrong
}

function fateOf(test: CPythonTest, mentions: readonly Mention[]): TestFate {
  const by = mentions.filter(({ name }) => name === test.name)
  if (by.length > 0) return { kind: 'covered', by }
  const reason = DOES_NOT_APPLY.find(({ tests }) => tests.some((told) => isMeant(told, test)))
  return reason === undefined ? { kind: 'missing' } : { kind: 'does not apply', why: reason.why }
}

// `told` is `module.Class: name name`, or `module.Class: *`.
function isMeant(told: string, { group, name }: CPythonTest): boolean {
  return told === `${group}: *` || namesIn(told).includes(name)
}

function namesIn(told: string): string[] {
  const [group, list = ''] = told.split(': ')
  return list === '*' ? [] : list.split(' ').map((name) => `${group}.test_${name}`)
}
