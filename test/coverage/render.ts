// The text of docs/reference/coverage.md.

import { NOT_HERE } from './api-data.ts'
import { type ComparedEntry, compareApi, type Fate, type OurApis } from './compare-api.ts'
import { type ComparedTest, compareTests, type TestFate } from './compare-tests.ts'
import type { ModuleApi } from './cpython-api.ts'
import type { CPythonTest, Mention } from './cpython-tests.ts'
import { DOES_NOT_APPLY } from './tests-data.ts'

/** All that the page is made of. */
export interface Material {
  readonly version: string
  readonly modules: readonly ModuleApi[]
  readonly ours: OurApis
  readonly tests: readonly CPythonTest[]
  readonly mentions: readonly Mention[]
}

/** The page. */
export function render({ version, modules, ours, tests, mentions }: Material): string {
  const compared = modules.map((module) => ({ module: module.module, entries: compareApi(module, ours) }))
  const parts = [
    '# What of asyncio is here',
    `This page is made by \`npm run coverage\`, which asks CPython ${version} for the names its modules export and for the public members of each class, \
looks for them in the exports of \`spindle\`, and compares the names of CPython’s tests with the tests here. The tests fail when the page is out of date. \
[differences.md](differences.md) lists the differences in behaviour, and [from-asyncio.md](../how-to/from-asyncio.md) shows how to port a program.`,
    '## Names',
    'The rule is: the same name in camelCase. Members are members of classes, including inherited ones. `staggeredRace` has no line, because it is not \
in `asyncio.__all__`: CPython uses it in `create_connection` alone. Here it is exported, for programs that connect to one of several addresses.',
    countNames(compared),
    ...compared.flatMap(({ module, entries }) => [`### \`${module}\``, listNames(entries)]),
    '### Under another name',
    listRenamed(compared.flatMap(({ entries }) => entries)),
    '### Not here, and why',
    ...NOT_HERE.map(({ why, names }) => `**${why}** ${names.map(code).join(', ')}`),
    ...renderTests(compareTests(tests, mentions)),
  ]
  return `${parts.map(wrap).join('\n\n')}\n`
}

/** A paragraph whose lines end at 120 columns. Tables and headings stay as they are. */
function wrap(part: string): string {
  return /^[|#]/.test(part) ? part : part.replace(/(?=.{121})(.{1,120}) /g, '$1\n')
}

type Compared = readonly { readonly module: string; readonly entries: readonly ComparedEntry[] }[]

function countNames(compared: Compared): string {
  const names = compared.flatMap(({ entries }) => entries)
  const members = names.flatMap((entry) => entry.members)
  const count = (fates: readonly { fate: Fate }[], kind: Fate['kind']) =>
    fates.filter(({ fate }) => fate.kind === kind).length
  const row = (what: string, kind: Fate['kind']) => [what, count(names, kind), count(members, kind)]
  const missing = count(names, 'missing') + count(members, 'missing')
  return table(
    ['', 'names', 'members'],
    [
      row('the same name', 'same'),
      row('another name', 'renamed'),
      row('not here, for a reason', 'not here'),
      ...(missing === 0 ? [] : [row('missing', 'missing')]),
      ['all', names.length, members.length],
    ],
  )
}

function listNames(entries: readonly ComparedEntry[]): string {
  const here = entries.filter(({ fate }) => fate.kind === 'same')
  return table(
    ['CPython', 'Spindle', 'from', 'members'],
    here.map(({ name, fate, members }) => {
      const { ours, module } = fate as Fate & { kind: 'same' }
      return [code(name), code(ours), code(module), describeMembers(members)]
    }),
  )
}

function describeMembers(members: ComparedEntry['members']): string {
  if (members.length === 0) return ''
  const same = members.filter(({ fate }) => fate.kind === 'same').length
  const others = members.filter(({ fate }) => fate.kind === 'renamed').length
  const counted = [same === members.length ? `all ${same}` : `${same} of ${members.length}`]
  if (others > 0) counted.push(`${others} under another name`)
  return counted.join(', ')
}

function listRenamed(entries: readonly ComparedEntry[]): string {
  const rows = all(entries).flatMap(({ name, fate }) =>
    fate.kind === 'renamed' ? [[code(name), code(fate.ours), code(fate.module), fate.why]] : [],
  )
  return table(['CPython', 'Spindle', 'from', 'why'], rows)
}

function renderTests(tests: readonly ComparedTest[]): string[] {
  const reasons = DOES_NOT_APPLY.map(({ why }) => ({
    why,
    tests: of(tests, (fate) => fate.kind === 'does not apply' && fate.why === why),
  }))
  return [
    '## CPython’s own tests',
    'A test of the same behaviour as a test of CPython carries its name, as in `// CPython: test_tasks.BaseTaskTests.test_cancel`. They are \
written from the behaviour, not from the code. The programs in `test/conformance/programs` run on CPython as well, and every step must be the same. \
`npm run coverage test_tasks` prints file and line of each.',
    countTests(tests),
    '### Tests that do not apply, and why',
    ...reasons.filter(({ tests }) => tests.length > 0).map(({ why, tests }) => `**${why}** ${listTests(tests)}`),
    '### Which file covers what',
    listCovered(tests),
  ]
}

function countTests(tests: readonly ComparedTest[]): string {
  const row = (what: string, of: readonly ComparedTest[]) => {
    const count = (kind: TestFate['kind']) => of.filter(({ fate }) => fate.kind === kind).length
    return [what, of.length, of.length - count('does not apply'), count('covered'), count('does not apply')]
  }
  const files = [...group(tests, ({ file }) => file)]
  return table(
    ['file', 'tests', 'apply', 'covered', 'do not apply'],
    [...files.map(([file, tests]) => row(code(file), tests)), row('all', tests)],
  )
}

function listCovered(tests: readonly ComparedTest[]): string {
  const places = tests.flatMap(({ group, name, fate }) =>
    fate.kind === 'covered' ? [...new Set(fate.by.map(({ file }) => file))].map((file) => ({ group, name, file })) : [],
  )
  const rows = [...group(places, ({ group, file }) => `${group} ${file}`).values()].map((places) => {
    const { group, file } = places[0] as (typeof places)[number]
    const link = `[${file.replace(/^packages\/|\/src\b/g, '').replace('/src/', '/')}](../../${file})`
    return [code(group), link, places.map(({ name }) => shortName(name)).join(', ')]
  })
  return table(['class', 'covered in', 'tests'], rows)
}

function listTests(tests: readonly ComparedTest[]): string {
  return [...group(tests, ({ group }) => group)]
    .map(([group, tests]) => `${code(group)}: ${tests.map(({ name }) => shortName(name)).join(', ')}`)
    .join('; ')
}

function of(tests: readonly ComparedTest[], is: (fate: TestFate) => boolean): ComparedTest[] {
  return tests.filter(({ fate }) => is(fate))
}

// Entries and members alike, each name once.
function all(entries: readonly ComparedEntry[]): { readonly name: string; readonly fate: Fate }[] {
  return entries.flatMap(({ name, fate, members }) => [{ name, fate }, ...members])
}

function group<T>(items: readonly T[], key: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = key(item)
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), item])
  }
  return groups
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const alignment = head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? '--:' : '---'))
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function shortName(name: string): string {
  return code(name.slice(name.lastIndexOf('.test_') + '.test_'.length))
}

function code(text: string): string {
  return `\`${text}\``
}
