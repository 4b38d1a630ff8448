// The commands that README and the documentation give work as they are written: in a clone, and in fresh folders beside
// it, as npm makes them today. What they run works on each supported version of Node.

import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAGE_ON_NPM } from '../../scripts/readme.mjs'
import { install, PLATFORMS } from '../platforms/platforms.js'
import { withCertificates } from '../tooling/certificates.mjs'
import { longForm } from '../tooling/long-form.ts'
import { root } from '../tooling/run-example.ts'

const exec = promisify(execFile)
const SLOPPY = 'function   sloppy( ){return 1 + missing}'
const readme = textOf('README.md')
const [, first = '', prints = ''] = /```ts\n(.*?)((?:\/\/ prints: [^\n]*\n)+)```/s.exec(readme) ?? []
const [, file = ''] = /save the program above as `([^`]+)`/i.exec(readme) ?? []

/** Commands of a page, and what a reader has before and sees after. */
interface Door {
  readonly page: string
  /** Which `sh` block of the page, from 0. */
  readonly block: number
  /** Files that the page has the reader save, by name; the commands that name one find it. */
  readonly files?: Readonly<Record<string, string>>
  /** What stands before the block in a fresh folder: commands of a page that this one names. */
  readonly before?: string
  /** The commands that run something: typed again on each version of Node. */
  readonly again: string
  /** What the output contains on each of them. */
  readonly prints: string | RegExp
}

const FRESH = 'npm init -y && npm pkg set type=module && npm i ../spindle/tarballs/spindle-*.tgz'
const INSPECT = `${FRESH} ../spindle/tarballs/dev/spindle-inspect-*.tgz tsx`
const answer = prints.replaceAll('// prints: ', '')
const doors: Door[] = [
  {
    page: 'README.md',
    block: 1,
    files: { 'first.ts': first },
    again: 'cd my-app && npx tsx first.ts',
    prints: answer,
  },
  { page: 'docs/how-to/install.md', block: 0, again: 'cd my-app && npm start', prints: 'Hello, Ann' },
  {
    page: 'docs/how-to/install.md',
    block: 1,
    // With the compiler that npm installs today.
    before: 'npm init -y && npm i -D typescript',
    again: `node --input-type=module -e "import { run, sleep } from 'spindle'; console.log(await run(sleep(1, 'works')))"`,
    prints: 'works',
  },
  {
    page: 'docs/how-to/threads.md',
    block: 0,
    files: { 'sum.ts': blockAfter('docs/how-to/threads.md', '## Pass a function', 'ts') },
    again: 'npx tsx sum.ts',
    prints: '[ 45, 4950, 499500 ]',
  },
  {
    page: 'docs/how-to/node.md',
    block: 0,
    files: { 'main.ts': first },
    before: `${FRESH} esbuild`,
    again: 'npx esbuild main.ts --bundle --platform=node --format=esm --outfile=main.mjs && node main.mjs',
    prints: answer,
  },
  {
    page: 'docs/how-to/seeing.md',
    block: 0,
    files: { 'main.ts': first },
    before: INSPECT,
    again: 'npx tsx --import @spindle/inspect/record main.ts',
    prints: /events are in spindle-\d+\.jsonl/,
  },
  {
    page: 'docs/how-to/seeing.md',
    block: 1,
    files: { 'main.ts': first },
    before: INSPECT,
    again: 'npx tsx --import @spindle/inspect/monitor main.ts',
    prints: answer,
  },
]

/** What runs a project of each template, besides its scripts. */
const templates = {
  'command-line': { run: 'npm start -- Ann', prints: 'Hello, Ann!' },
  server: { run: served('node dist/main.js', '/Ann'), prints: 'Hello, Ann!' },
  library: {
    run: `node --input-type=module -e "import { mapLimitedAsync } from './dist/index.js'; console.log(await mapLimitedAsync([1], 1, async (n) => 2 * n))"`,
    prints: '[ 2 ]',
  },
  react: {
    run: served('node node_modules/vite/bin/vite.js preview --port $PORT', '/'),
    prints: '<title>Spindle and React</title>',
  },
}

// Other blocks, and where their commands are run.
const ELSEWHERE = new Map([
  ['README.md 0', 'below: in a clone'],
  ['docs/how-to/stuck.md 0', 'test/inspect/command.long.test.ts: the number of a process'],
  ['docs/how-to/agents.md 0', 'test/examples/with_packages.test.ts'],
  ['docs/how-to/runs.md 0', 'test/examples/runs.test.ts'],
  ['docs/how-to/agents.md 1', 'test/examples/with_packages.test.ts'],
  ['docs/how-to/races.md 0', 'test/package/package.test.ts'],
  ['docs/how-to/races.md 1', 'test/package/package.test.ts'],
  ['docs/how-to/distributed.md 0', 'test/package/package.test.ts'],
  ['docs/how-to/distributed.md 1', 'test/package/package.test.ts'],
  ['packages/create-spindle/README.md 0', 'once it is published; below from a folder'],
  ['examples/README.md 0', 'test/tooling/examples.test.ts'],
])

describe('README', () => {
  it('needs two commands and one file from a clone to a program of your own', () => {
    expect({ file, commands: commandsOf(blocksOf('README.md')[0]) }).toEqual({
      file: 'examples/own/first.ts',
      commands: ['npm start', 'npx tsx examples/own/first.ts'],
    })
  })

  it('has you save it where git and the linter do not look', async () => {
    const { stdout } = await exec('git', ['check-ignore', file], { cwd: root })
    expect(stdout.trim()).toBe(file)
  })
})

describe('each sh block of the documentation', () => {
  it('is typed here, or elsewhere for a reason', () => {
    const typed = doors.map(({ page, block }) => `${page} ${block}`)
    const found = pages().flatMap((page) => blocksOf(page).map((_, index) => `${page} ${index}`))
    expect([...typed, ...ELSEWHERE.keys()].toSorted()).toEqual(found.toSorted())
  })
})

describe('each command in a sentence', () => {
  it('names what there is: a script, a file, a package, an option', () => {
    const commands = pages().flatMap((page) =>
      [
        ...textOf(page)
          .replaceAll(/^```.*?^```/gms, '')
          .matchAll(/`((?:npm|npx|node) [^`]+)`/g),
      ].map(([, command = '']): [string, string] => [page, command.replaceAll(/\s+/g, ' ')]),
    )
    expect(commands.length).toBeGreaterThan(50)
    expect(commands.filter(([, command]) => !isThere(command.split(' ')))).toEqual([])
  })

  it('would be found if it named something else', () => {
    const wrong = ['npx spindle pstrees', 'npx spindle why --pids 1', 'npm run sites', 'npx tsx examples/no.ts']
    const others = ['node --imports x', 'node --import @spindle/inspect/watch x.js', 'npx tcs']
    expect([...wrong, ...others].filter((command) => isThere(command.split(' ')))).toEqual([])
  })
})

/** Whether a command can be typed: nothing of it is misspelt or gone. */
function isThere([program, ...args]: string[]): boolean {
  const [first = '', ...rest] = args
  if (program === 'npm') {
    if (first === 'create') return rest[0]?.replace(/@latest$/, '') === 'spindle'
    if (/^(?:i|install|init|pkg)$/.test(first)) return true // whether a package exists, only the registry knows
    const folder = rest.includes('--prefix') ? `${rest.at(-1)}/` : ''
    const scripts = [`${folder}package.json`, 'packages/create-spindle/src/templates.ts'].map(textOf).join()
    return new RegExp(`['" ]${first === 'run' ? rest[0] : first}['"]?:`).test(scripts)
  }
  if (program === 'npx') {
    if (first === 'tsx' || first === 'vitest') return rest.every(isFile)
    if (first === 'spindle-worker') return rest.every((option) => option === '--help')
    if (first !== 'spindle' && first !== '@spindle/inspect') return false
    const usage = textOf('packages/inspect/src/commands/run-command.ts')
    return (
      (rest[0] === undefined || usage.includes(`\nspindle ${rest[0]} `)) &&
      rest.every((option) => !option.startsWith('--') || usage.includes(option))
    )
  }
  const [, imported = ''] = / --import (\S+)/.exec(` ${args.join(' ')}`) ?? []
  const [, name, entry] = /^@spindle\/(\w+)\/(.+)$/.exec(imported) ?? []
  const isExported = name === undefined || `./${entry}` in JSON.parse(textOf(`packages/${name}/package.json`)).exports
  return isExported && args.every((arg) => arg === imported || (arg.startsWith('--') ? OF_NODE.has(arg) : isFile(arg)))
}

// Those of Node 24; `--permission` had another name on Node 20.
const OF_NODE = new Set([...process.allowedNodeEnvironmentFlags, '--test', '--permission'])

/** A path of the repository, or of a reader's own file. */
function isFile(path: string): boolean {
  return !path.includes('/') || /^(?:src|node_modules)\//.test(path) || existsSync(`${root}${path}`)
}

// These install everything, as a newcomer does.
describe.runIf(longForm)('a newcomer', { timeout: 400_000 }, () => {
  let folder: string
  let clone: string
  let nodes: string[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'spindle-doors ö-')) // a path with a space and a letter that is not ASCII
    clone = join(folder, 'spindle')
    const { stdout } = await exec('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: root,
    })
    for (const path of stdout.split('\0').filter((path) => path !== '')) {
      mkdirSync(dirname(join(clone, path)), { recursive: true })
      cpSync(`${root}${path}`, join(clone, path))
    }
    await exec('git', ['init', '--quiet'], { cwd: clone }) // the linter asks git what it ignores
    writeFileSync(join(clone, file), first)
    install()
    nodes = PLATFORMS.filter(({ name }) => name.startsWith('Node ')).map(({ command }) => dirname(command[0] ?? ''))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 400_000)

  it('runs a new program by the first commands of README', async () => {
    const outputs: string[] = []
    for (const command of commandsOf(blocksOf('README.md')[0])) outputs.push(await typed(command, clone))
    expect(outputs.at(-1)).toContain(answer)
  })

  it('has nothing against a program that no linter or compiler would like', async () => {
    writeFileSync(join(clone, 'examples/own/notMine.ts'), SLOPPY)
    await typed('npx biome check --error-on-warnings examples', clone)
    const compiled = await typed('npx tsc --project . --listFilesOnly', clone)
    expect(compiled.split('\n').filter((path) => path.includes('/examples/own/'))).toEqual([])
    expect(compiled).toContain('examples/spinner_asyncio.ts')
  })

  it.each(doors)('types block $block of $page, then runs it on each Node', async (door) => {
    const { page, block, files = {}, before = ':', again, prints: expected } = door
    const here = mkdtempSync(join(folder, 'door-'))
    symlinkSync(clone, join(here, 'spindle'))
    const project = before === ':' ? here : join(here, 'my-app')
    mkdirSync(project, { recursive: true })
    // A file is there as soon as a command names it.
    const saved = join(here, 'saved')
    mkdirSync(saved)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(saved, name), text)
    const lines = commandsOf(blocksOf(page)[block]).flatMap((line) => [
      ...Object.keys(files)
        .filter((name) => line.includes(name))
        .map((name) => `cp ${quoted(join(saved, name))} .`),
      line,
    ])
    await typed([before, ...lines].join('\n'), project)
    for (const node of nodes) {
      const output = await typed(again, project, node)
      expect(output, node).toMatch(typeof expected === 'string' ? new RegExp(escaped(expected)) : expected)
    }
  })

  it.each(Object.entries(templates))(
    'makes a project of the template %s, and uses it on each Node',
    async (name, uses) => {
      const here = mkdtempSync(join(folder, 'template-'))
      symlinkSync(clone, join(here, 'spindle'))
      const create = `node spindle/packages/create-spindle/dist/main.js my-app --template ${name} --from spindle/tarballs`
      await typed(`${create}\ncd my-app && npm install`, here)
      const project = join(here, 'my-app')
      for (const node of nodes) {
        // The machine may be busy: without the test runner's limit of five seconds.
        const output = await typed(
          `npm test -- --testTimeout=120000\nnpm run lint\nnpm run check\nnpm run build\n${uses.run}`,
          project,
          node,
        )
        expect(output, node).toContain(uses.prints)
      }
      const wrong = "import { sleep } from 'spindle'\nexport function* nap() {\n  sleep(1)\n}\n"
      writeFileSync(join(project, 'src/wrong.ts'), wrong)
      await expect(typed('npm run lint', project)).rejects.toThrow('no-floating-coroutine')
    },
  )

  /** What a command prints. A failure shows all of it. */
  async function typed(command: string, cwd: string, node?: string): Promise<string> {
    const path = node === undefined ? process.env['PATH'] : `${node}:${process.env['PATH']}`
    const env = { ...withCertificates(), NODE_OPTIONS: '', VITEST: undefined, PATH: path }
    const run = exec('bash', ['-e', '-c', command], { cwd, env, maxBuffer: 2 ** 24 })
    const { stdout, stderr } = await run.catch((error: Error & { stdout: string }) => {
      throw new Error(`${error.message}\n${error.stdout}`) // its message has stderr
    })
    return stdout + stderr
  }
})

/** Starts a server on a free port, asks it for a path, and ends it. */
function served(command: string, path: string): string {
  return [
    `export PORT=$(node -p "const s = require('net').createServer().listen(0); const { port } = s.address(); s.close(); port")`,
    `${command} & pid=$!`,
    `for i in $(seq 100); do curl -sf http://localhost:$PORT${path} && break; sleep 0.2; done`,
    'kill $pid; wait $pid || true',
  ].join('\n')
}

function textOf(page: string): string {
  return readFileSync(`${root}${page}`, 'utf8')
}

/** The pages that a user reads; those of tests and benchmarks are for contributors. */
function pages(): string[] {
  const inFolder = (folder: string, depth: boolean): string[] =>
    readdirSync(`${root}${folder}`, { recursive: depth, encoding: 'utf8' }).map((name) => `${folder}/${name}`)
  const readmes = inFolder('packages', false).map((name) => `${name}/README.md`)
  const present = readmes.filter((page) => page !== PAGE_ON_NPM && existsSync(`${root}${page}`))
  // docs/ko has the blocks of the English pages.
  const docs = inFolder('docs', true).filter((name) => name.endsWith('.md') && !name.startsWith('docs/ko/'))
  return ['README.md', 'examples/README.md', ...present, ...docs]
}

function blocksOf(page: string): string[] {
  return [...textOf(page).matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
}

function commandsOf(block = ''): string[] {
  const lines = block.trim().split('\n')
  return lines.map((line) => line.replace(/\s+#.*/, '')).filter((line) => line !== '')
}

/** The first block of code under a heading. */
function blockAfter(page: string, heading: string, language: string): string {
  const text = textOf(page)
  const [, block = ''] =
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text.slice(text.indexOf(heading))) ?? []
  return block
}

function quoted(path: string): string {
  return `'${path}'`
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
