// The layout of the packages: a package imports only packages below it, and only their public exports. `npm run check`
// finds violations; each test plants one in a copy and expects it to be found.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from './long-form.ts'
import { root, runNode } from './run-example.ts'

// From the bottom up. Packages on the same floor do not import each other. Those below `spindle` are published as parts
// of it.
const FLOORS = [
  ['loop'],
  ['task'],
  ['thread', 'node'],
  ['spindle'],
  ['testing'],
  ['inspect', 'distributed'],
  ['eslint-plugin', 'create-spindle', 'unplugin'],
]

// The rooms of a package, from top to bottom: the folders of its src, where '.' stands for the files of src itself. A
// room imports values only from rooms below it, but any file may import types from any other. index.ts, internal.ts and
// other entry points import from everywhere, and nothing imports them.
const ROOMS: Record<string, readonly string[]> = {
  loop: ['explain', '.', 'drivers', 'futures', 'reports', 'face', 'scheduling', 'context', 'errors', 'inspect'],
  task: ['bridges', 'run', 'combinators', 'scopes', 'call-graph', 'sync', 'tasks', 'explain', 'coroutines'],
  thread: ['executors', 'loops', 'threads', 'sync', 'futures', 'transport', 'shared-memory', 'errors'],
  node: ['servers', 'processes', 'streams', 'host'],
  distributed: ['.', 'working', 'submitting', 'redis', 'calls'],
}

const MAY_CLIMB = [
  // The entry point of a worker: it loads everything that can be sent to it.
  'packages/thread/src/threads/worker-main.ts imports ../internal.ts',
]

interface Manifest {
  name: string
  version?: string
  private?: boolean
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const packages = readdirSync(`${root}packages`).filter((name) => name !== 'README.md')
const isTest = /\.(?:test|fixture)\.ts$/
const startsPrograms = /^import .* from 'node:child_process'$/m
const usesItOfVitest = /^import [^\n]*\b(?:it|test)\b(?! as )[^\n]* from 'vitest'$/m
const bareGenerator = /\b(?:it|test)(?:\.\w+(?:\([^\n]*\))?)?\(\s*(['"`])[^\n]*\1,\s*(?:async )?function\*/

describe('the packages', () => {
  it('all have a floor', () => {
    expect(packages.filter((name) => floorOf(name) === -1)).toEqual([])
  })

  it.each(packages)('packages/%s depends on lower floors only', (name) => {
    // `spindle/distributed` passes on what is installed besides.
    expect(upward(name, manifestOf(name))).toEqual(name === 'spindle' ? ['@spindle/distributed'] : [])
  })

  it('below `spindle` are parts of it: it has their dependencies, and they are not published', () => {
    const floors = FLOORS.flat().slice(0, FLOORS.flat().indexOf('spindle'))
    const needed = floors.flatMap((name) => Object.entries(manifestOf(name).dependencies ?? {}))
    expect(manifestOf('spindle').dependencies).toEqual(
      Object.fromEntries(needed.filter(([, version]) => !version.startsWith('workspace:'))),
    )
    expect(packages.filter((name) => manifestOf(name).private).sort()).toEqual([...floors].sort())
  })

  it('above `spindle` need exactly its version', () => {
    for (const name of ['testing', 'inspect', 'distributed', 'unplugin'])
      expect(manifestOf(name).peerDependencies).toMatchObject({ spindle: 'workspace:*' })
  })

  it('that depend upwards, or on one beside them, are found', () => {
    const dependencies = { '@spindle/task': 'workspace:*', eventemitter3: '5.0.4' }
    expect(upward('loop', { name: '@spindle/loop', dependencies })).toEqual(['@spindle/task'])
    expect(upward('task', { name: '@spindle/task', peerDependencies: { spindle: 'workspace:*' } })).toEqual(['spindle'])
    expect(upward('thread', { name: '@spindle/thread', dependencies: { '@spindle/testing': '*' } })).toEqual([
      '@spindle/testing',
    ])
    expect(upward('spindle', { name: 'spindle', dependencies })).toEqual([])
  })

  it('that are published share one version', () => {
    const published = packages.map(manifestOf).filter((manifest) => !manifest.private)
    expect(new Set(published.map(({ version }) => version)).size).toBe(1)
  })

  it('say @internal of members only: an export that users do not need is not in an index.ts', () => {
    // The build leaves @internal members out of the declarations. If it left out a whole export, imports of it would
    // fail.
    const sources = packages.flatMap((name) => sourcesIn(`packages/${name}/src`))
    const marked = sources.flatMap((file) => {
      const comments = readFileSync(`${root}${file}`, 'utf8').matchAll(
        /^\/\*\*(?:(?!\*\/).)*@internal.*?\*\/\n(.*)$/gms,
      )
      return [...comments].map(([, declaration = '']) => `${file}: ${declaration.split('\n')[0]}`)
    })
    expect(marked).toEqual([])
  })

  it('keep tests that start a program in test/<package>, not beside their sources', () => {
    const tests = packages.flatMap((name) => sourcesIn(`packages/${name}/src`)).filter((file) => isTest.test(file))
    expect(tests.length).toBeGreaterThan(100)
    expect(tests.filter((file) => startsPrograms.test(readFileSync(`${root}${file}`, 'utf8')))).toEqual([])
    expect("import { spawn } from 'node:child_process'").toMatch(startsPrograms)
  })

  it('pass no bare generator function to the `it` of Vitest, which would pass without having run', () => {
    const folders = [...packages.map((name) => `packages/${name}/src`), 'test']
    const programs = 'test/testing/node-test.test.ts' // its text holds other test files
    const tests = folders.flatMap(sourcesIn).filter((file) => file.endsWith('.test.ts') && file !== programs)
    const texts = tests.map((file) => [file, readFileSync(`${root}${file}`, 'utf8')] as const)
    const found = texts.filter(([, text]) => usesItOfVitest.test(text) && bareGenerator.test(text))
    expect(found.map(([file]) => file)).toEqual([])
    for (const start of ["it('waits', ", "it(\n  'waits',\n  ", "it.each([1])('waits %i', "])
      expect(`${start}function* () {`).toMatch(bareGenerator)
  })

  it('of loop and task name the clocks of the host in drivers/ and clock.ts alone', () => {
    // Biome finds globals that are used, but not those that a file declares itself or reads from globalThis.
    const clocks =
      /(?:declare (?:const|let|var|function)|globalThis\??\.) ?(?:setTimeout|setInterval|setImmediate|queueMicrotask|performance|Date)\b/
    const sources = ['loop', 'task'].flatMap((name) => sourcesIn(`packages/${name}/src`))
    const allowed = /\/drivers\/|\/clock(?:\.browser)?\.ts$|\.test\.ts$/
    expect(
      sources.filter((file) => !allowed.test(file) && clocks.test(readFileSync(`${root}${file}`, 'utf8'))),
    ).toEqual([])
  })
})

describe('the rooms of a package', () => {
  it.each(Object.keys(ROOMS))('packages/%s: each room has its place in ROOMS', (name) => {
    const rooms = new Set(roomFiles(name).map((file) => roomOf(name, file)))
    expect([...rooms].filter((room) => !ROOMS[name]?.includes(room))).toEqual([])
  })

  it.each(Object.keys(ROOMS))('packages/%s: none imports a room above it', (name) => {
    const found = roomFiles(name).flatMap((file) => climbing(name, file, readFileSync(`${root}${file}`, 'utf8')))
    expect(found.filter((one) => !MAY_CLIMB.includes(one))).toEqual([])
  })

  it('that import upwards are found, unless they only name a type', () => {
    const climb = (text: string): string[] => climbing('task', 'packages/task/src/coroutines/x.ts', text)
    expect({
      value: climb("import { Lock } from '../sync/lock.ts'"),
      'value among types': climb("import {\n  type Waiter,\n  Waiters,\n} from '../sync/waiters.ts'"),
      'passed on': climb("export { Lock } from '../sync/lock.ts'"),
      effect: climb("import '../sync/lock.ts'"),
      dynamic: climb("await import('../sync/lock.ts')"),
      'entry point': climb("import { Lock } from '../index.ts'"),
      type: climb("import type { Lock } from '../sync/lock.ts'\nimport { type Event } from '../sync/event.ts'"),
      'own room': climb("import { sleep } from './sleep.ts'"),
    }).toEqual({
      value: ['packages/task/src/coroutines/x.ts imports ../sync/lock.ts'],
      'value among types': ['packages/task/src/coroutines/x.ts imports ../sync/waiters.ts'],
      'passed on': ['packages/task/src/coroutines/x.ts imports ../sync/lock.ts'],
      effect: ['packages/task/src/coroutines/x.ts imports ../sync/lock.ts'],
      dynamic: ['packages/task/src/coroutines/x.ts imports ../sync/lock.ts'],
      'entry point': ['packages/task/src/coroutines/x.ts imports ../index.ts'],
      type: [],
      'own room': [],
    })
  })
})

describe('the linter', { timeout: 120_000 }, () => {
  let copy: string
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'spindle-house-'))
    for (const file of ['biome.json', '.gitignore', 'package.json']) cpSync(`${root}${file}`, join(copy, file))
    for (const name of packages) {
      mkdirSync(join(copy, 'packages', name), { recursive: true })
      cpSync(`${root}packages/${name}/package.json`, join(copy, 'packages', name, 'package.json'))
    }
  })
  afterAll(() => rmSync(copy, { recursive: true }))

  const violations: [rule: string, file: string, text: string][] = [
    ['noUndeclaredDependencies', 'packages/loop/src/x1.ts', "export { run } from '@spindle/task'"],
    ['noUndeclaredDependencies', 'packages/task/src/x2.ts', "export type { X } from 'spindle'"],
    ['noUndeclaredDependencies', 'packages/loop/src/drivers/x3.ts', "import '@spindle/thread'"],
    ['noUndeclaredDependencies', 'packages/task/src/x4.ts', "import '@spindle/testing'"], // only tests may
    ['noRestrictedImports', 'packages/loop/src/x5.ts', "import '../../task/src/index.ts'"],
    ['noRestrictedImports', 'packages/loop/src/drivers/x6.ts', "import '../../../task/src/index.ts'"],
    ['noRestrictedImports', 'packages/task/src/x7.test.ts', "import '../../loop/src/index.ts'"],
    ['noRestrictedImports', 'packages/loop/src/x8.ts', "export * from '../package.json'"],
    ['noRestrictedImports', 'packages/loop/src/x9.ts', "await import('../../task/src/index.ts')"],
    ['noRestrictedGlobals', 'packages/loop/src/x10.ts', 'export const now = Date.now()'],
    ['noRestrictedGlobals', 'packages/task/src/sync/x11.ts', 'setTimeout(() => {}, 1)'],
    ['noExplicitAny', 'packages/task/src/x12.ts', 'export const x: any = 1'],
    ['useFilenamingConvention', 'packages/task/src/taskGroup.ts', 'export const x = 1'],
    ['noImportCycles', 'packages/loop/src/a.ts', "import { b } from './b.ts'\n\nexport const a = () => b"],
    ['noImportCycles', 'packages/loop/src/b.ts', "import { a } from './a.ts'\n\nexport const b = () => a"],
  ]
  let found: Promise<string> | undefined // in all of them, because each start of the linter takes a tenth of a second

  it.each(violations)('finds %s in %s: %j', async (rule, file) => {
    found ??= lint(Object.fromEntries(violations.map(([, file, text]) => [file, text])))
    expect((await found).split('\n')).toContainEqual(
      expect.stringMatching(`^${file}(?::\\d+:\\d+)? lint/\\w+/${rule}\\b`),
    )
  })

  it('accepts allowed code', async () => {
    const files = {
      'packages/task/src/x.ts': "import '@spindle/loop/internal'\nimport './sync/x.ts'\n",
      'packages/task/src/sync/x.ts': "import '../y.ts'\n\nexport function* empty(): Generator<void> {}\n",
      'packages/task/src/y.ts': 'export {}\n',
      'packages/task/src/x.test.ts': "import '@spindle/testing'\nimport 'vitest'\n",
      'packages/loop/src/drivers/x.ts': 'setTimeout(() => {}, 1)\n',
      'packages/loop/src/scheduling/clock.ts': 'export const now = Date.now()\n',
      'packages/thread/src/x.ts': "import 'node:fs'\n\nexport const now = Date.now()\n",
      'examples/spinner_asyncio.ts': 'export {}\n',
    }
    expect(await lint(files)).toBe('')
  })

  // What Biome reports about these files in the copy: the empty string if there are no problems.
  async function lint(files: Record<string, string>): Promise<string> {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      writeFileSync(join(copy, file), text.endsWith('\n') ? text : `${text}\n`)
    }
    const biome = `${root}node_modules/@biomejs/biome/bin/biome`
    const args = [
      biome,
      'check',
      '--error-on-warnings',
      '--colors=off',
      '--max-diagnostics=none',
      ...Object.keys(files),
    ]
    const { code, stdout, stderr } = await runNode(args, { cwd: copy })
    for (const file of Object.keys(files)) rmSync(join(copy, file))
    return code === 0 ? '' : stdout + stderr
  }
})

describe('the compiler', { timeout: 120_000 }, () => {
  it.runIf(longForm)('checks every source, test and type test', async () => {
    const projects = [...packages.map((name) => `packages/${name}`), 'examples/browser', '.']
    const checked = new Set<string>()
    for (const project of projects) {
      const { stdout } = await runNode(['node_modules/typescript/bin/tsc', '--project', project, '--listFilesOnly'])
      for (const file of stdout.split('\n')) checked.add(file.replace(root, ''))
    }
    const files = [...packages.map((name) => `packages/${name}/src`), 'test', 'examples', 'bench'].flatMap(sourcesIn)
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((file) => !checked.has(file))).toEqual([])
  })

  const mistakes: [error: string, project: string, file: string, text: string][] = [
    ['TS2591', 'packages/loop', 'global.ts', 'export const x: string = process.cwd()'],
    ['TS2882', 'packages/task', 'module.ts', "import 'node:fs'"],
    ['TS2584', 'packages/loop', 'browser.ts', 'export const x: unknown = document'],
    ['TS9010', 'packages/loop', 'inferred.ts', 'export const x = Math.random()'],
    ['TS1294', 'packages/loop', 'enum.ts', 'export enum X {}'],
    ['TS2578', '.', 'x.test-d.ts', '// @ts-expect-error\nexport const x: number = 1'],
  ]
  const printed = new Map<string, Promise<string>>() // by project, because each run of the compiler takes a second

  it.each(mistakes)('finds %s in %s/%s: %j', async (error, project, file) => {
    if (!printed.has(project)) printed.set(project, compile(project))
    expect(await printed.get(project)).toMatch(new RegExp(`${file}\\(.*error ${error}`))
  })

  /** The compiler's output about all violations planted in a project. */
  async function compile(project: string): Promise<string> {
    const directory = mkdtempSync(`${root}test/tooling/.house-`)
    try {
      for (const [, place, file, text] of mistakes) if (place === project) writeFileSync(join(directory, file), text)
      const config = { extends: `${root}${project}/tsconfig.json`, include: ['./*.ts'], exclude: [] }
      writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
      const { code, stdout } = await runNode(['node_modules/typescript/bin/tsc', '--project', directory])
      expect(code).not.toBe(0)
      return stdout
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
})

// The dependencies of a package that are not allowed. devDependencies belong to its tests, which may import upwards.
function upward(name: string, { dependencies, peerDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((dependency) => {
    const floor = dependency === 'unplugin' ? -1 : floorOf(dependency.replace('@spindle/', '')) // the npm package, not Spindle's
    return floor !== -1 && floor >= floorOf(name)
  })
}

// The sources of a package that are in a room: no tests, no entry points.
function roomFiles(name: string): string[] {
  return sourcesIn(`packages/${name}/src`).filter(
    (file) => !/\.(?:test|test-d|fixture)\.ts$|\/src\/(?:index|internal)\.ts$/.test(file),
  )
}

// In thread, a file counts as the lowest room: errors.ts.
function roomOf(name: string, file: string): string {
  const [first = '', ...rest] = file.slice(`packages/${name}/src/`.length).split('/')
  if (rest.length > 0) return first
  const own = first.replace(/\.ts$/, '')
  return ROOMS[name]?.includes(own) ? own : '.'
}

// The imports of a file from rooms above its own, except types.
function climbing(name: string, file: string, text: string): string[] {
  const imports = text.matchAll(
    /^(?:import|export)\s(?!type\s)(?:([^'"]*?)\sfrom\s+)?'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/gm,
  )
  const rooms = ROOMS[name] ?? []
  return [...imports].flatMap(([, names = '', path, dynamic]) => {
    const isTypes = /^\{(?:\s*type\s[^,}]*,?)+\s*\}$/.test(names)
    const target = path ?? dynamic ?? ''
    const other = roomOf(name, join(dirname(file), target))
    const isAbove = rooms.indexOf(other) < rooms.indexOf(roomOf(name, file))
    return isAbove && !isTypes ? [`${file} imports ${target}`] : []
  })
}

function floorOf(name: string): number {
  return FLOORS.findIndex((floor) => floor.includes(name))
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'))
}

function sourcesIn(directory: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(`${root}${directory}`, { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory() && !/^(\.|node_modules$|dist$)/.test(entry.name)) found.push(...sourcesIn(path))
    else if (entry.name.endsWith('.ts')) found.push(path)
  }
  return found
}
