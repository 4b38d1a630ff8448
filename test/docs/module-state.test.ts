// Mutable state of a module is rare. Each piece stands in the table of architecture.md, with the invariant that keeps
// it right.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { filesIn } from './blocks.ts'

const DOCUMENT = 'docs/explanation/architecture.md'
const PACKAGES = ['loop', 'task', 'thread', 'node', 'inspect']

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
    expect(stateIn(text.join('\n'))).toEqual(['count', 'last', 'known', 'dropped', 'deferred', 'made', 'trace'])
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
  return filesIn(folder.slice(0, -1), '.ts')
    .filter((file) => !/\.(?:test|test-d|fixture)\.ts$|\/programs\//.test(file))
    .flatMap((file) => stateIn(readFileSync(root + file, 'utf8')).map((one) => `${file.slice(folder.length)}: ${one}`))
    .sort()
}

/**
 * The names of what a module can change: `let`, collections, arrays, objects with values in them. Constants are in
 * capitals.
 */
function stateIn(text: string): string[] {
  const declarations = text.matchAll(
    /^(?:export )?(?:let (\w+)|const ([a-z]\w*)(?:: .+)? = (?:\/\* @__PURE__ \*\/ )?(?:new (?:Weak)?(?:Map|Set)\b|new FinalizationRegistry|globals\[KEY\]|\[\]|\{ \w+: \d|\{\n(?: {2}(?!\w+: (?:\w+|\d+),).*\n|\n)*? {2}\w+: (?:false|true|undefined|\d+)\b))/gm,
  )
  return [...declarations].map(([, variable, constant]) => variable ?? constant ?? '')
}
