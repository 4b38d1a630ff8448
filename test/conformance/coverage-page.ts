// The text of docs/reference/coverage.md.

import type { CPythonTest, Kind } from './cpython-tests.ts'
import { NOT_HERE } from './names.ts'

export interface Named {
  readonly module: string
  readonly name: string
  /** The counterpart in Spindle, and the module that exports it. */
  readonly ours: string
  readonly from: string
}

/** The page. `ran` are the tests whose programs have run on both sides in this run, with equal traces. */
export function coveragePage(
  version: string,
  names: readonly Named[],
  tests: readonly CPythonTest[],
  ran: ReadonlySet<string>,
): string {
  const files = [...groups(tests, ({ file }) => code(file))]
  const applies = (some: readonly CPythonTest[]): boolean => some.some(({ kind }) => kind !== 'no')
  const withCounterparts = files.filter(([, some]) => applies(some))
  const others = files.filter(([, some]) => !applies(some)).flatMap(([, some]) => some)
  const parts = [
    '# What of asyncio is here',
    `The tests make this page (\`npx vitest run test/conformance -u\` writes it) and fail when it is out of date. They \
ask CPython ${version} for the names of its modules, and import them here. [differences.md](differences.md) has the \
differences in behaviour; [from-asyncio.md](../how-to/from-asyncio.md) shows how to port a program.`,
    '## Names',
    'The rule is the same name in camelCase. `threading.Lock` is the `Lock` of the object `threading` that `spindle/thread` exports.',
    ...[...groups(names, ({ module, from }) => `\`${module}\`, from \`${from.split('#')[0]}\``)].map(
      ([from, some]) => `**${from}**: ${some.map(describeName).join(', ')}`,
    ),
    '### Not here, and why',
    table(
      ['CPython', 'why'],
      Object.entries(NOT_HERE).map(([some, why]) => [some.split(' ').map(code).join(' '), why]),
    ),
    '## CPython’s own tests',
    'A test counts as *ran* if a program that says the same ran on CPython and here, in the run that made this page, \
and every step was equal. *By hand* is a test of Spindle that says the same, and that nothing has compared with CPython: \
the two are not added up.',
    table(
      ['file', 'ran', 'by hand', 'do not apply'],
      [...withCounterparts, ['the other files', others] as const, ['all', tests] as const].map(([file, some]) => [
        file,
        some.filter(({ name }) => ran.has(name)).length,
        ...(['hand', 'no'] satisfies Kind[]).map((kind) => some.filter((test) => test.kind === kind).length),
      ]),
    ),
    `[cpython-tests.txt](../../test/conformance/cpython-tests.txt) has each test by name, with the program or the test \
that says the same, or the reason why it does not apply. Most of those are about sockets, transports and protocols, \
which are modules of Node here, or about CPython itself: its memory, its classes in C, its interpreters.`,
  ]
  return `${parts.map(wrap).join('\n\n')}\n`
}

function describeName({ name, ours, from }: Named): string {
  const object = from.split('#')[1]
  const path = object === undefined ? ours : `${object}.${ours}`
  return path === name ? code(name) : `${code(name)} ${code(path)}`
}

/** A paragraph whose lines end at 120 columns. Tables and headings stay as they are. */
function wrap(part: string): string {
  return /^[|#]/.test(part) ? part : part.replace(/(?=.{121})(.{1,120}) /g, '$1\n')
}

function groups<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item])
  return found
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const alignment = head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? '--:' : '---'))
  return [head, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function code(text: string): string {
  return `\`${text}\``
}
