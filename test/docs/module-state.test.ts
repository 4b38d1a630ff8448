// Mutable state of a module is rare. Each piece stands in the table of architecture.md, with the invariant that keeps
// it right.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { filesIn } from './blocks.ts'

const DOCUMENT = 'docs/explanation/architecture.md'
const PACKAGES = ['loop', 'task', 'thread', 'node', 'testing', 'inspect', 'distributed']

describe('the state of modules', () => {
  it.each(PACKAGES)('of packages/%s is listed in architecture.md, and nothing else is', (name) => {
    expect(listed(name)).toEqual(declared(name))
  })

  it('is found in its forms, and constants are not', () => {
    const text = [
      'let count = 0',
      'export let last: Date | undefined',
      'const known = new Map<string, number>()',
      'const dropped: WeakSet<object> = new WeakSet()',
      'const deferred: { task: Task }[] = []',
      'const made = { tasks: 0 }',
      'const cell: Cell = new Cell(4)',
      'export const parts: Parts = {',
      '  createTask,',
      '}',
      'export const trace = {',
      '  wanted: false,',
      '}',
      "const NAMES = new Set(['a'])",
      'export const clock: Clock = {',
      '  time: () => 0,',
      '}',
      'function f(): void {',
      '  let local = 0',
      '}',
    ]
    const found = stateIn(text.join('\n'), 'parts.drivers ??= allDrivers()')
    expect(found).toEqual(['count', 'last', 'known', 'dropped', 'deferred', 'made', 'cell', 'trace', 'parts'])
  })
})

/** `file: name` of each piece that the table lists for a package. */
function listed(name: string): string[] {
  const rows = readFileSync(`${root}${DOCUMENT}`, 'utf8').matchAll(
    /^\| (\w+)(?:\/([\w-]+))? \| (\[`[^|]+) \| \S[^|]+ \|$/gm,
  )
  return [...rows]
    .filter(([, owner]) => owner === name)
    .flatMap(([, , room, state = '']) =>
      state.split('; ').flatMap((file) => {
        const [, label, path = '', names = ''] = /^\[`(\S+)`\]\((\S+)\): (.+)$/.exec(file) ?? []
        const [, inPackage] = path.split(`packages/${name}/src/`)
        expect(inPackage).toBe(room === undefined ? label : `${room}/${label}`)
        return [...names.matchAll(/`(\w+)`/g)].map(([, one]) => `${inPackage}: ${one}`)
      }),
    )
    .sort()
}

/** `file: name` of each piece in the sources of a package. */
function declared(name: string): string[] {
  const folder = `packages/${name}/src/`
  const files = filesIn(folder.slice(0, -1), '.ts').filter(
    (file) => !/\.(?:test|test-d|fixture)\.ts$|\/programs\//.test(file),
  )
  const withoutPrograms = (text: string): string => text.replaceAll(/`[^`]*`/g, '``') // which a template may hold
  const texts = new Map(files.map((file) => [file, withoutPrograms(readFileSync(root + file, 'utf8'))]))
  const all = [...texts.values()].join('\n')
  return files
    .flatMap((file) => stateIn(texts.get(file) ?? '', all).map((one) => `${file.slice(folder.length)}: ${one}`))
    .sort()
}

/**
 * The names of what a module can change: `let`, instances, arrays, objects with values in them, and objects of whose
 * properties `users`, the texts of the package, set one. Constants are in capitals.
 */
function stateIn(text: string, users: string): string[] {
  const declarations = text.matchAll(
    /^(?:export )?(?:let (\w+)|const ([a-z]\w*)(?:: .+)? = (?:\/\* @__PURE__ \*\/ )?(?:new [A-Z]|globals\[KEY\]|\[\]|\{ \w+: \d|\{\n(?: {2}(?!\w+: (?:\w+|\d+),).*\n|\n)*? {2}\w+: (?:false|true|undefined|\d+)\b))/gm,
  )
  const objects = text.matchAll(/^(?:export )?const ([a-z]\w*)(?:: \w+)? = \{$/gm)
  const isSet = (name: string): boolean => new RegExp(`\\b${name}\\.\\w+ (?:\\?\\?)?= `).test(users)
  const names = [...declarations].map(([, variable, constant]) => variable ?? constant ?? '')
  return [...new Set([...names, ...[...objects].map(([, name = '']) => name).filter(isSet)])]
}
