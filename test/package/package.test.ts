// Tests the packages as they would be published: built, packed and installed into an empty project.

import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, normalize } from 'node:path'
import { build } from 'esbuild'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packages } from '../../scripts/build.mjs'
import { pack } from '../../scripts/pack.mjs'
import { freePort, hasRedis, RedisServer, until } from '../distributed/redis-server.fixture.ts'
import { byEsbuild, byRolldown, gzipSize } from '../tooling/bundle-size.mjs'
import { withCertificates } from '../tooling/certificates.mjs'
import { longForm } from '../tooling/long-form.ts'
import { npmInstall, shell } from '../tooling/packed-packages.mjs'
import { root, runNode } from '../tooling/run-example.ts'
import { bundlers } from './bundlers.ts'
import { TESTS, TOLD, testRunners } from './test-runners.ts'

// The oldest version that README promises to support.
const TYPESCRIPT = '5.2.2'
const LIB = ['ES2022', 'ESNext.Disposable']

const names = packages().map((folder) => basename(folder))
// Entry points by their public names and by their sources, without those that need Vitest, Bun or fast-check.
const sources = new Map(
  names.flatMap((name) => {
    const { name: packed, exports } = manifestOf(`${root}packages/${name}`)
    const paths = Object.entries(exports).filter(([path]) => !/vitest|bun-test|fast-check/.test(path))
    return paths.map(([path, file]) => [path.replace('.', packed), join(`${root}packages/${name}`, `${file}`)])
  }),
)
const entryPoints = [...sources.keys()]
// For Spindle's own packages: it has no types, so that no editor offers to import from it.
const isInternal = (entry: string): boolean => entry.startsWith('spindle/internal')
const spinners = readdirSync(`${root}examples`).filter((file) => /^spinner_\w+\.ts$/.test(file))

describe('the packed packages', { timeout: 120_000 }, () => {
  let directory: string
  let project: string
  const tarballs = new Map<string, string>()

  beforeAll(async () => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'spindle-packed-'))
    project = join(directory, 'project')
    for (const { name, file } of pack(join(directory, 'tarballs'))) tarballs.set(name, file)
    mkdirSync(project)
    await installAll()
    await compileAll()
  }, 300_000)
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('are all that the README tells you to install with npm, for its first program and for plain JavaScript', async () => {
    const readme = readFileSync(`${root}README.md`, 'utf8')
    const [, program = '', prints = ''] = /```ts\n(.*?)((?:\/\/ prints: [^\n]*\n)+)```/s.exec(readme) ?? []
    expect(readme).toContain('npm i ../spindle/tarballs/spindle-*.tgz')
    expect(readme.trimEnd().split('\n').length).toBeLessThan(120) // further text belongs in docs/
    const empty = emptyProject('with-npm')
    await npmInstall(empty, longForm ? [...spindleTarballs(), 'tsx@4.23.15'] : spindleTarballs())
    link('tsx', `${root}test`, empty)
    await expectAnswer(empty)
    writeFileSync(join(empty, 'first.ts'), program)
    const { stdout } = await succeed(['node_modules/tsx/dist/cli.mjs', 'first.ts'], empty)
    expect(stdout).toBe(prints.replaceAll('// prints: ', ''))
    expect(spindleTarballs()).toHaveLength(1)
    expect(readdirSync(join(empty, 'node_modules')).sort()).toEqual(expect.not.arrayContaining(['@spindle']))
  })

  it('of the lint rules bring no ESLint to a project with oxlint', async () => {
    const empty = emptyProject('with-oxlint')
    await npmInstall(empty, [`${tarballs.get('@spindle/eslint-plugin')}`])
    expect(readdirSync(join(empty, 'node_modules'))).toEqual(['.package-lock.json', '@spindle'])
  })

  it.runIf(longForm)('can be installed with the testing package, which does not need Vitest', async () => {
    const empty = await projectWithTesting([])
    const program = "console.log(typeof (await import('@spindle/testing')).inVirtualTime)"
    expect((await succeed(['--input-type=module', '--eval', program], empty)).stdout).toBe('function\n')
  })

  // The packages of the bundlers come from the registry.
  it.runIf(longForm).each(testRunners)('run coroutines as tests in $name', async (runner) => {
    // One project for all that come from the registry.
    const empty = await projectWithTesting(
      runner.packages.length === 0 ? [] : testRunners.flatMap(({ packages }) => packages),
    )
    const files = {
      ...runner.files,
      'runner.test.mjs': `import { afterEach, beforeEach, it } from '${runner.entry}'\n${TESTS}`,
    }
    for (const [file, text] of Object.entries(files)) writeFileSync(join(empty, file), text)
    const env = { ...runner.env, FORCE_COLOR: '0' }
    const { code, stdout, stderr } = await runNode([...runner.args], { cwd: empty, env, timeout: 110_000 })
    const output = (stdout + stderr).replaceAll(/\s+\|\s+/g, ' ')
    expect(code, output).toBe(1)
    expect(output).toMatch(runner.prints)
    for (const told of TOLD) expect(output).toContain(told)
  })

  // With what this repository has installed. test/docs/doors.test.ts installs and uses all templates, on each Node.
  it('are used by a new project of npm create spindle', async () => {
    const made = join(directory, 'made')
    const create = join(installedPath('create-spindle'), 'dist/main.js')
    const { stdout } = await succeed([create, made, '--from', join(directory, 'tarballs')], directory)
    expect(stdout).toContain('README.md')
    const help = await succeed([create, '--help'], directory)
    expect(help.stdout).toContain('npm create spindle@latest <folder>')
    for (const name of ['spindle', '@spindle/testing']) link(name, project, made)
    for (const name of ['typescript', 'vitest', '@types/node']) link(name, root, made)
    await succeed(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], made)
    expect((await succeed(['dist/main.js', 'Ann'], made)).stdout).toBe('Hello, Ann!\n')
    await succeed(['node_modules/typescript/bin/tsc', '--noEmit'], made)
  })

  // Only in the long form: these tests download the package manager.
  const others = [
    ['pnpm', 'pnpm@12.21.0', 'install'],
    ['yarn', 'yarn@1.22.22', 'install'],
    ['yarn-4', '@yarnpkg/cli-dist@4.18.1', 'install'],
    ['bun', 'bun@1.4.4', 'install'],
  ] as const
  it.runIf(longForm).each(others)('are installed by %s, as README says', async (name, ...command) => {
    const empty = emptyProject(`with-${name}`)
    if (name === 'yarn-4') writeFileSync(join(empty, '.yarnrc.yml'), 'nodeLinker: node-modules\n')
    if (name === 'yarn-4') writeFileSync(join(empty, 'yarn.lock'), '') // otherwise it looks for a project in the parent folders
    const dependencies = { spindle: `file:${tarballs.get('spindle')}` }
    writeFileSync(join(empty, 'package.json'), JSON.stringify({ type: 'module', dependencies }))
    await npx(command, empty)
    await expectAnswer(empty)
  })

  it.each(longForm ? ['pack', 'publish'] : ['publish'])(
    'are not made by npm %s of the sources, which names the right command',
    async (command) => {
      const refused = shell('npm', [command, '--dry-run'], `${root}packages/spindle`)
      await expect(refused).rejects.toThrow(`npm ${command} cannot pack these sources`)
      await expect(refused).rejects.toThrow('npm run pack')
    },
  )

  it.each(names)('packages/%s describes itself, and names its repository', (name) => {
    const manifest = JSON.parse(readFileSync(join(installedPath(name), 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\w.*\.$/),
      keywords: expect.arrayContaining(['spindle', 'asyncio']),
      license: 'MIT',
      homepage: expect.stringMatching(/^https:/),
      bugs: expect.anything(),
      repository: { type: 'git', directory: `packages/${name}` },
    })
    expect(manifest.scripts ?? {}).toEqual({})
    expect(readFileSync(join(installedPath(name), 'README.md'), 'utf8')).toMatch(
      new RegExp(`^# ${manifest.name}$`, 'im'),
    )
    const ranges = Object.entries<string>(manifest.dependencies ?? {})
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([])
  })

  it.each(names)('packages/%s: publint has nothing to say', async (name) => {
    const { messages, pkg } = await publint({ pack: { tarball: arrayBufferOf(tarballOf(name)) }, strict: true })
    expect(
      messages
        .filter(({ type }) => type !== 'suggestion')
        .map((message) => formatMessage(message, pkg, { color: false })),
    ).toEqual([])
  })

  // In the short form, only one package with several entry points.
  it.each(longForm ? names : ['spindle'])(
    'packages/%s: the types are found by every ES module consumer',
    async (name) => {
      const { createPackageFromTarballData, checkPackage } = await import('@arethetypeswrong/core')
      const found = await checkPackage(createPackageFromTarballData(readFileSync(tarballOf(name))), {
        excludeEntrypoints: name === 'spindle' ? ['./internal', './internal/thread'] : [],
      })
      if (!found.types) throw new Error(`${name} has no types`)
      // A package of ES modules is neither for `require()` nor for the oldest way to find a module.
      const ignored = ['node10', 'node16-cjs']
      const isForUs = (problem: object): boolean =>
        !('resolutionKind' in problem) || !ignored.includes(`${problem.resolutionKind}`)
      expect(found.problems.filter(isForUs)).toEqual([])
    },
  )

  it.each(names)('packages/%s holds the license, and the sources of its maps, but no tests', (name) => {
    const installed = installedPath(name)
    // The templates of projects have tests of their own.
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
      (file) => !file.startsWith('templates'),
    )
    expect(files).toContain('LICENSE')
    expect(files.filter((file) => /\.(test|test-d|fixture)\.|tsbuildinfo/.test(file))).toEqual([])
    const maps = files.filter((file) => file.endsWith('.map'))
    const programs = files.filter((file) => file.endsWith('.js') && !onlyPassesOn(join(installed, file)))
    const declarations = files.filter((file) => file.endsWith('.d.ts') && file.startsWith('dist'))
    // The maps of `spindle` contain its sources. A bundler makes a map of its own for a page.
    const mapped =
      name === 'spindle'
        ? programs.filter((file) => !file.startsWith(join('dist', 'browser')))
        : [...programs, ...declarations]
    expect(maps.sort()).toEqual(mapped.map((file) => `${file}.map`).sort())
    for (const map of maps) {
      const {
        sources,
        sourcesContent: texts,
        ignoreList: ignored,
      } = JSON.parse(readFileSync(join(installed, map), 'utf8')) as {
        sources: string[]
        sourcesContent?: (string | null)[]
        ignoreList?: number[]
      }
      // So that a debugger that steps over `yield*` stays in the user's code.
      if (!map.endsWith('.d.ts.map')) expect(ignored ?? [], map).toEqual(sources.map((_, index) => index))
      const missing = sources.filter(
        (source, index) => !texts?.[index] && !existsSync(normalize(join(installed, dirname(map), source))),
      )
      expect(missing, map).toEqual([])
    }
  })

  it.each(names)('packages/%s declares nothing that is internal', (name) => {
    const files = readdirSync(installedPath(name), { recursive: true, encoding: 'utf8' })
    const declarations = files.filter((file) => file.endsWith('.d.ts'))
    expect(declarations.length).toBeGreaterThan(0)
    const telling = declarations.filter((file) => {
      return readFileSync(join(installedPath(name), file), 'utf8').includes('@internal')
    })
    expect(telling).toEqual([])
  })

  describe('of what can be imported', () => {
    let packed: Record<string, unknown>
    beforeAll(async () => {
      const program = `const names = ${namesOf}, all = {}
        for (const entry of ${JSON.stringify(entryPoints)}) all[entry] = names(await import(entry))
        console.log(JSON.stringify(all))`
      packed = JSON.parse((await succeed(['--input-type=module', '--eval', program], project)).stdout)
    })

    // A loader exports nothing, and would interfere with the tests that follow.
    const libraries = entryPoints.filter((entry) => entry !== '@spindle/unplugin/node')
    it.each(libraries)('%s exports the same as its source, each under its own name', async (entry) => {
      const ours = await import(sources.get(entry) as string)
      expect(packed[entry]).toEqual(JSON.parse(JSON.stringify(namesOf(ours))))
    })
  })

  it('of spindle has at most 300 files and 3 MB', () => {
    const installed = installedPath('spindle')
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
    expect(files.length).toBeLessThanOrEqual(300)
    expect(bytes).toBeLessThanOrEqual(3_000_000)
  })

  it('have the same names, each under its own name, in what bundles of pages get', async () => {
    const program = `console.log(JSON.stringify((${namesOf})(await import('./dist/browser/index.js'))))`
    const { stdout } = await succeed(['--input-type=module', '--eval', program], installedPath('spindle'))
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(namesOf(await import('spindle')))))
  })

  it.each(names)('packages/%s: no class or function was renamed when it was bundled', (name) => {
    const renamed = /\b(?:class|function\*?) \w+\$\w+|\bvar \w+\$\w+ = class|\bvar (\w+) = class (?!\1\b|extends\b)\w+/
    const installed = installedPath(name)
    const programs = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.js') && !file.endsWith('runtime.js'),
    ) // which keeps the names of what is exported
    expect(programs).not.toEqual([])
    for (const file of programs) expect(renamed.exec(readFileSync(join(installed, file), 'utf8')), file).toBeNull()
  })

  it("load two files for `import 'spindle'`: nothing of threads, Node or others' packages", async () => {
    const coverage = join(directory, 'coverage') // lists the files that were loaded
    await succeed(['--input-type=module', '--eval', "import 'spindle'"], project, { NODE_V8_COVERAGE: coverage })
    const [report = ''] = readdirSync(coverage)
    const { result } = JSON.parse(readFileSync(join(coverage, report), 'utf8')) as { result: { url: string }[] }
    const files = result.map(({ url }) => /node_modules\/(.*)/.exec(url)?.[1]).filter((file) => file !== undefined)
    expect(files.sort()).toEqual(['spindle/dist/index.js', 'spindle/dist/runtime.js'])
  })

  it('hold each class once, whatever imports it: programs, tests, tools, bundles', async () => {
    const program = [
      "import { Task } from 'spindle'",
      "import { Task as internal } from 'spindle/internal'",
      "import { CancelledError } from 'spindle'",
      "import { CancelledError as thread } from 'spindle/internal/thread'",
      "import { inVirtualTime } from '@spindle/testing'",
      "import { createTask, sleep } from 'spindle'",
      'console.log(Task === internal, CancelledError === thread)',
      'await inVirtualTime(function* () { console.log(createTask(sleep(1)) instanceof Task) })()',
    ].join('\n')
    writeFileSync(join(project, 'once.mjs'), program)
    expect((await succeed(['once.mjs'], project)).stdout).toBe('true true\ntrue\n')
    for (const platform of ['node', 'browser'] as const) {
      const outfile = join(directory, `once-${platform}.mjs`)
      const entryPoints = [join(project, 'once.mjs')]
      await build({ entryPoints, bundle: true, platform, format: 'esm', outfile, external: ['node:*'] })
      expect((await succeed([outfile], directory)).stdout, platform).toBe('true true\ntrue\n')
    }
  })

  it('load one file on a thread of a pool before its first call', async () => {
    const coverage = join(directory, 'coverage-thread') // each thread lists the files it has loaded
    writeFileSync(join(project, 'double.mjs'), 'export const double = (n) => n * 2')
    const program = [
      "import { ThreadPoolExecutor } from 'spindle/thread'",
      "import { double } from './double.mjs'",
      'using(new ThreadPoolExecutor(1))',
      'function using(pool) { console.log(pool.submit(double, 21).result()); pool.shutdown() }',
    ].join('\n')
    writeFileSync(join(project, 'doubles.mjs'), program)
    const { stdout } = await succeed(['doubles.mjs'], project, { NODE_V8_COVERAGE: coverage })
    const loaded = readdirSync(coverage).map((report) => {
      const { result } = JSON.parse(readFileSync(join(coverage, report), 'utf8')) as { result: { url: string }[] }
      return result.map(({ url }) => basename(url)).filter((file) => /\.m?js$/.test(file))
    })
    expect([stdout, loaded.find((files) => !files.includes('doubles.mjs'))]).toEqual([
      '42\n',
      ['thread-start.js', 'double.mjs'],
    ])
  })

  it('load neither processes nor cryptography for a pool of threads', async () => {
    const heavy = '/ (crypto|internal.crypto.random|child_process)$/.test(name)'
    const program = [
      "import { ThreadPoolExecutor } from 'spindle/thread'",
      "import { double } from './double.mjs'",
      'const pool = new ThreadPoolExecutor(1)',
      'console.log(pool.submit(double, 21).result())',
      `console.log(process.moduleLoadList.filter((name) => ${heavy}))`,
      'pool.shutdown()',
    ].join('\n')
    writeFileSync(join(project, 'double.mjs'), 'export const double = (n) => n * 2')
    writeFileSync(join(project, 'light.mjs'), program)
    expect(await succeed(['light.mjs'], project)).toMatchObject({ stdout: '42\n[]\n' })
  })

  // Node 20 does not remove types itself.
  it.runIf(Number.parseInt(process.versions.node, 10) >= 24)(
    'run a function of a TypeScript module as it is when the thread or process starts',
    async () => {
      const files = {
        'typed-part.ts': 'export const part: number = 1',
        'typed.ts': "import { part } from './typed-part.ts'\nexport const parts = (): number[] => [part]",
        'typed-program.ts': [
          "import { writeFileSync } from 'node:fs'",
          "import { ProcessPoolExecutor, ThreadPoolExecutor } from 'spindle/thread'",
          "import { parts } from './typed.ts'",
          'const print = (pool): void => {',
          '  console.log(...pool.submit(parts).result())',
          '  pool.shutdown()',
          '}',
          'print(new ThreadPoolExecutor(1))',
          'print(new ProcessPoolExecutor(1))',
          "writeFileSync(new URL('typed-part.ts', import.meta.url), 'export const part: number = 22')",
          'print(new ThreadPoolExecutor(1))',
        ].join('\n'),
      }
      for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text)
      const result = await runNode(['typed-program.ts'], { cwd: project })
      expect(result).toMatchObject({ stdout: '1\n1\n22\n', stderr: '' })
    },
  )

  it('load the modules of functions on a thread as `import` does', async () => {
    const modules = {
      'plain.mjs':
        "globalThis.loads = (globalThis.loads ?? 0) + 1\nexport default 'facade'\nexport const plain = () => 1",
      'again.mjs':
        "import { plain as theirs } from './plain.mjs'\nimport { workerData } from 'node:worker_threads'\n" +
        "export const again = async () => [(await import('./plain.mjs')).plain === theirs, globalThis.loads, workerData]",
      'waits.mjs': 'const three = await Promise.resolve(3)\nexport const waits = () => three',
      'common.cjs': 'exports.common = () => module.id.length > 0',
      'module.js': 'export const spaced = (n) => n + import.meta.url.length',
      'fails.mjs': "export const fails = () => 1\nif (!isMainThread()) throw new Error('not here')",
      'unlinked.mjs': "export const unlinked = () => 1\nexport * from './gone.mjs'",
    }
    const folder = join(project, 'modules of functions') // whose URL has %20
    mkdirSync(folder)
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text)
    writeFileSync(
      join(folder, 'program.mjs'),
      `import { ThreadPoolExecutor, workerModule } from 'spindle/thread'
      const names = ['plain', 'again', 'waits', 'common', 'spaced', 'fails', 'unlinked']
      const files = { common: 'common.cjs', spaced: 'module.js' }
      const pool = new ThreadPoolExecutor(1, { workerData: 'data' })
      for (const name of names) {
        const url = new URL(files[name] ?? name + '.mjs', import.meta.url)
        const result = pool.submit(workerModule(url)[name], 1)
        console.log(name, await result.then(JSON.stringify, ({ message }) => message.replace(/.*fails there: /, '')))
      }
      pool.shutdown()`,
    )
    const { stdout } = await succeed([join(folder, 'program.mjs')], project)
    expect(stdout.trim().split('\n')).toEqual([
      'plain 1',
      'again [true,1,"data"]',
      'waits 3',
      'common true',
      expect.stringMatching(/^spaced \d+$/),
      expect.stringMatching(/^fails isMainThread is not defined/),
      expect.stringMatching(/^unlinked Cannot find module .*gone\.mjs/),
    ])
  })

  it("load nothing of BullMQ, Redis or devalue for `import 'spindle/distributed'`: the first call does", async () => {
    const coverage = join(directory, 'coverage-distributed')
    await succeed(['--input-type=module', '--eval', "import 'spindle/distributed'"], project, {
      NODE_V8_COVERAGE: coverage,
    })
    const [report = ''] = readdirSync(coverage)
    const { result } = JSON.parse(readFileSync(join(coverage, report), 'utf8')) as { result: { url: string }[] }
    const files = result.map(({ url }) => /node_modules\/(.*)/.exec(url)?.[1] ?? '')
    expect(files.filter((file) => /^(?:bullmq|ioredis|devalue|commander)\//.test(file))).toEqual([])
    expect(files).toContain('@spindle/distributed/dist/index.js')
  })

  it.runIf(longForm)('find the race that races.md shows: each command of the page, in an empty folder', async () => {
    const page = readFileSync(`${root}docs/how-to/races.md`, 'utf8')
    const [install = '', commands = ''] = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text)
    const [, program = ''] = /```js\n(.*?)```/s.exec(page) ?? []
    const folder = mkdtempSync(join(directory, 'stranger-'))
    const empty = join(folder, 'mine')
    mkdirSync(empty)
    mkdirSync(join(folder, 'spindle'))
    symlinkSync(join(directory, 'tarballs'), join(folder, 'spindle/tarballs'))
    for (const command of install.trim().split('\n')) await shell('sh', ['-c', command], empty)
    writeFileSync(join(empty, 'race.js'), program)
    for (const line of commands.trim().split('\n')) {
      const [command = '', printed = ''] = line.split('#')
      const { stdout } = await shell('sh', ['-c', `${command} || true`], empty)
      expect(stdout).toContain(printed.trim())
    }
  })

  it.runIf(longForm && hasRedis)(
    'do what a newcomer types: each command of the guide, in an empty folder',
    async () => {
      const guide = readFileSync(`${root}docs/how-to/distributed.md`, 'utf8')
      const [install, program, start] = [...guide.matchAll(/```(?:sh|ts no-run)\n(.*?)```/gs)].map(
        ([, text = '']) => text,
      )
      const [, file = '', printed = ''] = /npx tsx (\S+) +# (.*)/.exec(start as string) ?? []
      // The guide has the folders side by side.
      const folder = mkdtempSync(join(directory, 'newcomer-'))
      const empty = join(folder, 'mine')
      mkdirSync(empty)
      mkdirSync(join(folder, 'spindle'))
      symlinkSync(join(directory, 'tarballs'), join(folder, 'spindle/tarballs'))
      for (const command of (install as string).trim().split('\n')) await shell('sh', ['-c', command], empty)
      writeFileSync(join(empty, file), program as string)
      const redis = new RedisServer()
      redis.port = await freePort() // the usual port may be taken: all else is as it is typed
      const env = { ...withCertificates(), SPINDLE_REDIS_URL: redis.url, npm_config_yes: 'true' }
      const terminals: { output: string; process: ChildProcess; closed: Promise<unknown> }[] = []
      const type = (command: string): void => {
        const terminal = spawn('sh', ['-c', `exec ${command}`], { cwd: empty, env, stdio: ['ignore', 'pipe', 'pipe'] })
        const shown = {
          output: '',
          process: terminal,
          closed: new Promise((resolve) => terminal.once('close', resolve)),
        }
        for (const stream of [terminal.stdout, terminal.stderr]) stream.on('data', (text) => (shown.output += text))
        terminals.push(shown)
      }
      const shows = async (at: number, text: string): Promise<void> =>
        await until(() => terminals[at]?.output.includes(text) === true, `${text} in ${terminals[at]?.output}`)
      try {
        const [server = '', ...others] = (start as string)
          .trim()
          .split('\n')
          .map((line) => line.replace(/ +#.*/, ''))
        type(`${server} --port ${redis.port} --save ''`)
        await shows(0, 'Ready to accept connections')
        for (const command of others) type(command)
        for (const worker of [1, 2]) await shows(worker, "queue 'spindle', ready for resize.resize")
        await shows(3, printed)
        await terminals[3]?.closed
        // npx passes SIGTERM on only to a shell.
        for (const worker of [1, 2]) terminals[worker]?.process.kill('SIGTERM')
        for (const worker of [1, 2]) await shows(worker, 'spindle-worker: stopped')
        if (!process.versions.node.startsWith('20.')) return
        // Without the first command, this Node says something else.
        writeFileSync(join(empty, 'package.json'), '{}')
        type(others[0] as string)
        await terminals[4]?.closed
        expect(terminals[4]?.output).toContain('npm pkg set type=module')
      } finally {
        for (const { process: terminal } of terminals) terminal.kill('SIGKILL')
        await redis.remove()
      }
    },
  )

  // The measured size plus a small margin, so that growth does not go unnoticed. For all bundlers and other libraries,
  // see `npm run size`.
  it.each([
    ['run and sleep', "import { run, sleep } from 'spindle'; run(sleep(1))", 17_180],
    ['a Queue', "import { Queue } from 'spindle'; console.log(new Queue())", 17_450],
    ['everything', "import * as spindle from 'spindle'; console.log(spindle)", 40_900],
  ])('add no more to a page than they did: %s', async (_, code, limit) => {
    for (const bundle of [byEsbuild, byRolldown]) {
      const text = await bundle(code, project)
      expect(gzipSize(text), bundle.name).toBeLessThan(limit)
    }
  })

  it('leave out code that only works on Node, or that a page does not import', async () => {
    const text = await byEsbuild("import { run, sleep } from 'spindle'; run(sleep(1))", project)
    const left = ['node:inspector', 'beforeExit', 'SIGINT', 'Barrier', 'moveOnAfter', 'withAbortSignal', 'LifoQueue']
    expect(left.filter((word) => text.includes(word))).toEqual([])
  })

  it('run in a bundle for browsers', async () => {
    const program = [
      "import { gather, run, sleep } from 'spindle'",
      'function* main() { console.log(yield* gather([sleep(2, 1), sleep(1, 2)])) }',
      'run(main())',
    ].join('\n')
    for (const [name, bundle] of Object.entries({ byEsbuild, byRolldown })) {
      const file = join(project, `${name}.mjs`)
      writeFileSync(file, await bundle(program, project))
      expect((await succeed([file], project)).stdout, name).toBe('[ 1, 2 ]\n')
    }
  })

  it('report uncaught errors from a bundle for browsers, with the error itself for the console', async () => {
    const program = [
      "import { createTask, getRunningLoop, run, sleep } from 'spindle'",
      "import 'spindle/explain'",
      'const calls = []',
      'console.error = (...args) => calls.push(args)',
      "const error = new RangeError('100 %s', { cause: 'the cause' })",
      'function* fails() { throw error }',
      'function* main() {',
      "  createTask(fails(), { name: 'lost' })",
      "  getRunningLoop().callSoon(() => { throw 'a text' })",
      '  yield* sleep(1)',
      "  getRunningLoop().callExceptionHandler({ message: '50 %', task: { a: 1 }, sourceTraceback: 'at x' })",
      '}',
      'await run(main())',
      'for (const [format, text, ...more] of calls) console.log([format, text, more.length, more[0] === error].join(" "))',
    ].join('\n')
    const file = join(project, 'reports.mjs')
    writeFileSync(file, await byEsbuild(program, project))
    const { stdout } = await succeed([file], project)
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^%s Exception in callback /),
      expect.stringMatching(/^handle: <Handle .*> 1 false$/),
      '%s 50 %',
      'task: { a: 1 }',
      'Object created at (most recent call first):',
      'at x 0 false',
      '%s Task exception was never retrieved',
      expect.stringMatching(
        /^future: <Task finished name='lost' coro=<.*\(\) done> exception=RangeError\('100 %s'\)> 1 true$/,
      ),
    ])
  })

  it('explain nothing in a bundle for browsers that does not ask for it, and are the same otherwise', async () => {
    const program = [
      "import { createTask, getRunningLoop, run, sleep, timeout } from 'spindle'",
      'const calls = []',
      'console.error = (...args) => calls.push(args)',
      'function* fails() { throw new RangeError("lost") }',
      'function* main() {',
      '  for (const use of [(loop) => loop.events, (loop) => loop.setDebug(true)])',
      '    try { use(getRunningLoop()); console.log("no error") } catch (error) { console.log(`${error}`) }',
      '  createTask(fails(), { name: "lost" })',
      '  try { yield* timeout(1, () => sleep(1000)) } catch (error) { console.log(`${error}`) }',
      '}',
      'await run(main())',
      "for (const [message, { exception, future }] of calls) console.log([message, exception, future].join(' | '))",
      // The loop of this run existed before.
      'const later = await run(function* () { const loop = getRunningLoop(); yield* asked(loop); return loop }())',
      'function* asked(loop) {',
      "  import('spindle/explain').then(() => { loop.events.on('task:done', () => console.log('done')); loop.setDebug(true) })",
      '  while (!loop.getDebug()) yield* sleep(1)',
      '  try { yield* timeout(1, () => sleep(1000)) } catch (error) { console.log(`${error}`) }',
      '}',
    ].join('\n')
    const file = join(project, 'unexplained.mjs')
    writeFileSync(file, await byEsbuild(program, project))
    const { stdout } = await succeed([file], project)
    expect(stdout.trim().split('\n')).toEqual([
      "RuntimeError: this loop cannot emit events: `import 'spindle/explain'` first",
      "RuntimeError: this loop cannot run in debug mode: `import 'spindle/explain'` first",
      'TimeoutError: 1 ms passed in timeout()',
      expect.stringMatching(
        /^Task exception was never retrieved \| RangeError: lost \| <Task finished name='lost' coro=<.*\(\) done> exception=RangeError\('lost'\)>$/,
      ),
      expect.stringMatching(/^TimeoutError: 1 ms passed in timeout\(\); it was waiting for sleep\(1000\)$/),
      'done',
    ])
  })

  it('have source maps, so that a stack trace names the line of the source', async () => {
    const program = `import { sleep } from 'spindle'; try { sleep(NaN) } catch (error) { console.log(error.stack) }`
    const { stdout } = await succeed(['--enable-source-maps', '--input-type=module', '--eval', program], project)
    const [, file = '', line] = /\(?([^(\s]+\.ts):(\d+):/.exec(stdout) ?? []
    const map = JSON.parse(readFileSync(join(installedPath('spindle'), 'dist/runtime.js.map'), 'utf8')) as {
      sources: string[]
      sourcesContent: string[]
    }
    const text = map.sourcesContent[map.sources.findIndex((source) => file.endsWith(source))]
    expect(text?.split('\n')[Number(line) - 1]).toContain('Invalid ')
  })

  // What the short form shows of pools, threads and spinners: the next tests here, and those of test/thread and
  // test/examples, which run on the built packages.
  it.runIf(longForm)('have working pools of threads and processes, timers and errors', async () => {
    expect((await succeed(['pools.js'], project)).stdout).toBe(
      'thread 9, process 9, timer, BrokenProcessPool, RangeError: 4, a plain Error\n',
    )
  })

  it.each(longForm ? Object.entries(bundlers) : Object.entries(bundlers).slice(0, 1))(
    'have threads and processes in a bundle by %s, where no package is installed',
    async (_, bundle) => {
      const folder = join(directory, 'bundled')
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
      const [main = '', work = ''] = ['bundled', 'bundled-work', 'bundled-part'].map((name) => {
        cpSync(`${root}test/package/${name}.fixture.ts`, join(project, `${name}.fixture.ts`))
        return join(project, `${name}.fixture.ts`)
      })
      const { stdout } = await succeed([await bundle(main, work, folder)], folder)
      expect(stdout.trimEnd().split('\n')).toEqual([
        'thread: 9 [ 4, 6 ]',
        'process: 25',
        'error: RangeError: 4 true',
        'broken: true',
        'module beside: 27 true',
        'timer and thread: true true',
      ])
    },
  )

  it('say that a bundled program is not guarded', async () => {
    const program = [
      "import { ThreadPoolExecutor } from 'spindle/thread'",
      'export const square = (n) => n * n',
      'await null',
      'console.log(`${new ThreadPoolExecutor(1).submit(square, 3).exception()}`)',
    ]
    writeFileSync(join(project, 'unguarded.js'), program.join('\n'))
    const outfile = join(directory, 'unguarded.mjs')
    await build({
      entryPoints: [join(project, 'unguarded.js')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    })
    const { stdout } = await succeed([outfile], directory)
    expect(stdout).toMatch(
      /^BrokenThreadPool: .*could not be loaded: RuntimeError: .*if \(isMain\(import\.meta\)\) main\(\)\n$/,
    )
  })

  // This includes the declarations: `skipLibCheck: false` checks each file.
  it(`compile with TypeScript ${TYPESCRIPT} and lib ${LIB}, as install.md says`, async () => {
    expect(readFileSync(`${root}docs/how-to/install.md`, 'utf8')).toContain(
      `TypeScript ≥ ${TYPESCRIPT.replace(/\.\d+$/, '')} to compile against it, with \`"lib": ${JSON.stringify(LIB).replace(',', ', ')}\``,
    )
    expect((await succeed(['consumer.js'], project)).stdout).toBe('42 [1,"two"] cancelled\n')
  })

  it('can be required by a CommonJS module, and take a function of it to a thread', async () => {
    const program = [
      "const { run, sleep } = require('spindle')",
      "const { isMainThread } = require('node:worker_threads')",
      "const { ThreadPoolExecutor } = require('spindle/thread')",
      'exports.double = function double(n) { return 2 * n }',
      'function* main() { return yield* sleep(1, 42) }',
      'if (isMainThread) {',
      '  const pool = new ThreadPoolExecutor(1)',
      '  console.log(pool.submit(exports.double, 21).result())',
      '  pool.shutdown()',
      '  run(main()).then(console.log)',
      '}',
    ]
    writeFileSync(join(project, 'common.cjs'), program.join('\n'))
    expect((await succeed(['common.cjs'], project)).stdout).toBe('42\n42\n')
  })

  it.each([
    ['an ES module', { type: 'module' }],
    ['CommonJS', {}],
  ])('find the tsx that is beside a program which is %s, and not beside them', async (_, manifest) => {
    const empty = mkdtempSync(join(directory, 'beside-'))
    writeFileSync(join(empty, 'package.json'), JSON.stringify(manifest))
    for (const [name, from] of [
      ['spindle', project],
      ['tsx', `${root}test`],
    ] as const)
      link(name, from, empty)
    const program = [
      "import { ThreadPoolExecutor } from 'spindle/thread'",
      'enum Factor { two = 2 }',
      'export function double(n: number): number { return Factor.two * n }',
      'const make = (factor: number) => (n: number): number => factor * n',
      'export function main(): void {',
      '  const pool = new ThreadPoolExecutor(1)',
      '  console.log(pool.submit(double, 21).result())',
      '  try { pool.submit(make(2), 1) } catch (error) { console.log((error as Error).name) }',
      '  pool.shutdown()',
      '}',
    ]
    writeFileSync(join(empty, 'program.ts'), program.join('\n'))
    // tsx compiles CommonJS in another way if it is imported.
    const start = "const program = await import('./program.ts'); (program.main ?? program.default.main)()"
    writeFileSync(join(empty, 'start.mjs'), start)
    expect((await succeed(['--import', 'tsx', 'start.mjs'], empty)).stdout).toBe('42\nTypeError\n')
  })

  it('show in debug mode the user’s line that created an object, and no line of Spindle', async () => {
    const program = [
      "import { createTask, newEventLoop, sleep } from 'spindle'",
      'function* main() {',
      '  console.log(`${createTask(sleep(0))}`)',
      '}',
      'const loop = newEventLoop({ debug: true })',
      'console.log(`${loop.createFuture()}`)',
      'loop.runUntilCompleteSync(main())',
    ]
    writeFileSync(join(project, 'where.js'), program.join('\n'))
    const { stdout } = await succeed(['where.js'], project)
    const [future, task] = stdout.split('\n')
    expect([future, task]).toEqual([
      '<Future pending created at where.js:6>',
      expect.stringMatching(/^<Task .* created at where\.js:3>$/),
    ])
  })

  it.runIf(longForm)('are what both spinners need, compiled, on plain Node', async () => {
    expect(spinners).toEqual(['spinner_asyncio.ts', 'spinner_thread.ts'])
    const outputs = await Promise.all(spinners.map((spinner) => succeed([spinner.replace('.ts', '.js')], project)))
    for (const { stdout } of outputs) expect(stdout).toMatch(/spinner object: .*thinking!.*Answer: 42\n$/s)
  })

  // Workers used to look for a loader there if VITEST was set, even to an empty string.
  const environments: [string, NodeJS.ProcessEnv][] = [
    [', and no code of the working directory', { VITEST: '' }],
    ['', {}],
  ]
  it.each(longForm ? environments : environments.slice(0, 1))(
    'run functions of a plain module on threads and in processes%s',
    async (_, env) => {
      cpSync(`${root}test/package/threads.fixture.mjs`, join(project, 'threads.mjs'))
      const { stdout } = await succeed([join(project, 'threads.mjs')], hostileFolder(), env)
      expect(stdout.trim().split('\n')).toEqual([
        'thread: true 1 4 9',
        'ThreadPoolExecutor: [ 1, 4, 9 ] true RangeError: no 7',
        'ProcessPoolExecutor: [ 1, 4, 9 ] false RangeError: no 7',
      ])
    },
  )

  it.runIf(longForm)('run functions that a file of node --test passes, and not its tests again', async () => {
    for (const name of ['threads', 'node-test'])
      cpSync(`${root}test/package/${name}.fixture.mjs`, join(project, `${name}.fixture.mjs`))
    const { stdout } = await succeed(['--test', '--test-reporter=tap', 'node-test.fixture.mjs'], project)
    expect(stdout.match(/^# (?:tests|pass|fail) \d+$/gm)).toEqual(['# tests 4', '# pass 4', '# fail 0'])
  })

  it.runIf(longForm).each([
    ['Bun', 'bun@1.4.4'],
    ['Deno', 'deno@2.9.6', 'run', '-A'],
  ])('have threads and processes on %s', async (_, ...command) => {
    cpSync(`${root}test/package/threads.fixture.mjs`, join(project, 'threads.mjs'))
    cpSync(`${root}test/package/elsewhere.fixture.mjs`, join(project, 'elsewhere.mjs'))
    const { stdout } = await npx([...command, 'elsewhere.mjs'], project)
    const pool = ['[ 1, 4, 9 ] RangeError: no 7', 'yielded 0', 'yielded 1']
    expect(stdout.trim().split('\n')).toEqual([
      'ThreadPoolExecutor: 4 9',
      ...pool,
      '20 true',
      'ProcessPoolExecutor: 4 9',
      ...pool,
      '20 false',
      'toThread: 16',
    ])
  })

  // The files to which a shell expands spindle-*.tgz.
  function spindleTarballs(): string[] {
    const folder = join(directory, 'tarballs')
    const files = readdirSync(folder).filter((file) => /^spindle-.*\.tgz$/.test(file))
    return files.map((file) => join(folder, file))
  }

  /** A working directory with a trap in place of each file that a worker might look for by mistake. */
  function hostileFolder(): string {
    const folder = join(directory, 'hostile')
    const tsx = join(folder, 'node_modules/tsx')
    mkdirSync(join(tsx, 'dist/esm/api'), { recursive: true })
    const code = "console.log('code of the working directory'); export const register = () => {}"
    writeFileSync(join(tsx, 'package.json'), JSON.stringify({ type: 'module', exports: { './*': './dist/index.mjs' } }))
    for (const file of ['dist/index.mjs', 'dist/esm/api/index.mjs']) writeFileSync(join(tsx, file), code)
    return folder
  }

  const projectsWithTesting = new Map<string, string>()
  /** A project with the testing package and others, installed once. */
  async function projectWithTesting(packages: readonly string[]): Promise<string> {
    const name = ['with-testing', ...packages].join('-').replaceAll('@', '-')
    const known = projectsWithTesting.get(name)
    if (known !== undefined) return known
    const made = emptyProject(name)
    await npmInstall(made, [...spindleTarballs(), tarballs.get('@spindle/testing') as string, ...packages])
    projectsWithTesting.set(name, made)
    return made
  }

  function emptyProject(name: string): string {
    const empty = join(directory, name)
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{ "type": "module" }\n')
    return empty
  }

  // On threads, too, because they load separate files.
  async function expectAnswer(cwd: string): Promise<void> {
    const program = [
      "import { run, sleep } from 'spindle'",
      "import { isMainThread } from 'node:worker_threads'",
      "import { handler } from 'spindle/node'",
      "import { ThreadPoolExecutor } from 'spindle/thread'",
      'export function double(n) { return 2 * n }',
      'function* main() { return yield* sleep(1, 42) }',
      'if (isMainThread) {',
      '  const pool = new ThreadPoolExecutor(1)',
      '  console.log(await run(main()), pool.submit(double, 21).result(), typeof handler)',
      '  pool.shutdown()',
      '}',
    ]
    writeFileSync(join(cwd, 'first.js'), program.join('\n'))
    expect((await succeed(['first.js'], cwd)).stdout).toBe('42 42 function\n')
  }

  /** Compiles everything that the tests use, in two runs of the compiler: with the types of Node and without. */
  // In the short form they are unpacked, beside the dependencies of this repository: the README's test shows what npm
  // does.
  async function installAll(): Promise<void> {
    const dependencies = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]))
    const peers = { '@opentelemetry/api': '1.10.0', eslint: '10.15.0' }
    const devDependencies = { ...peers, '@types/node': '20.19.0', typescript: TYPESCRIPT }
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', dependencies, devDependencies }))
    if (longForm) return void (await npmInstall(project))
    for (const name of names) {
      const installed = installedPath(name)
      mkdirSync(installed, { recursive: true })
      await shell('tar', ['-xzf', tarballOf(name), '--strip-components=1', '-C', installed], project)
      const needed = Object.keys(manifestOf(installed).dependencies ?? {}).filter(
        (dependency) => !tarballs.has(dependency),
      )
      for (const dependency of needed) link(dependency, `${root}packages/${name}`)
    }
    link('@opentelemetry/api', `${root}packages/inspect`)
    link('@types/node', root)
  }

  function link(dependency: string, from: string, to = project): void {
    const place = join(to, 'node_modules', dependency)
    if (existsSync(place)) return
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(realpathSync(join(from, 'node_modules', dependency)), place, 'junction')
  }

  async function compileAll(): Promise<void> {
    // What it imports of others has no correct types where pnpm puts it.
    const typed = entryPoints.filter((entry) => !isInternal(entry))
    const entries = typed.filter((entry) => longForm || entry !== '@spindle/eslint-plugin')
    const [forNode, forAll] = [entries.filter(isForNode), entries.filter((entry) => !isForNode(entry))]
    writeFileSync(join(project, 'entries-node.ts'), exportsOf(forNode))
    writeFileSync(join(project, 'entries.ts'), exportsOf(forAll))
    for (const spinner of spinners) cpSync(`${root}examples/${spinner}`, join(project, spinner))
    for (const program of ['package/pools', 'package/consumer'])
      cpSync(`${root}test/${program}.fixture.ts`, join(project, `${basename(program)}.ts`))
    // In the short form by the compiler of this repository, the newest, which takes a tenth of the time.
    const compiler = longForm ? undefined : binOf('typescript', 'tsc')
    await compile(['entries.ts', 'consumer.ts'], [], compiler)
    await compile(['entries-node.ts', 'pools.ts', ...spinners], ['node'], compiler)
  }

  function exportsOf(entries: readonly string[]): string {
    expect(entries).not.toEqual([])
    return entries.map((entry, index) => `export * as entry${index} from '${entry}'`).join('\n')
  }

  function isForNode(entry: string): boolean {
    return /\/(?:node|node\/types|node-test|simulate)$/.test(entry)
  }

  // With the project's compiler, unless another is given; it reads Spindle's declarations, too.
  async function compile(
    files: readonly string[],
    types: readonly string[],
    compiler = 'node_modules/typescript/bin/tsc',
  ): Promise<void> {
    const compilerOptions = { target: 'ES2022', lib: LIB, types, module: 'NodeNext', strict: true, skipLibCheck: false }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ files, compilerOptions }))
    await succeed([compiler], project, { GOGC: '400' }, 250_000) // the newest compiler then collects garbage less often
  }

  function tarballOf(name: string): string {
    return tarballs.get(manifestOf(`${root}packages/${name}`).name) as string
  }

  function installedPath(name: string): string {
    return join(project, 'node_modules', manifestOf(`${root}packages/${name}`).name)
  }
})

/** The exports of a module, and the `name` of each function and class. */
function namesOf(namespace: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(namespace).map(([key, value]) => [key, typeof value === 'function' ? value.name : typeof value]),
  )
}

/** Whether a file contains only re-exports, some of them as namespaces. */
function onlyPassesOn(file: string): boolean {
  return (
    readFileSync(file, 'utf8')
      .replaceAll(/^(?:import|export) \{[^}]*\} from "[^"]*";$/gm, '')
      .replaceAll(/^export \{[^}]*\};$/gm, '')
      .replaceAll(/^\/\/ .*|^var __defProp = .*|^var (?:__exportAll|\w+_exports) = [\s\S]*?^\}\)?;/gm, '')
      .trim() === ''
  )
}

// Runs Node, and throws an error with its output if it fails.
async function succeed(
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
  timeout = 110_000,
): Promise<{ stdout: string }> {
  const { code, signal, stdout, stderr } = await runNode(args, { cwd, env, timeout })
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${signal ?? code}:\n${stdout}${stderr}`)
  return { stdout }
}

function npx(command: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return shell('npx', ['--yes', ...command], cwd)
}

interface Manifest {
  name: string
  version: string
  exports: Record<string, unknown>
  bin: string | Record<string, string>
  dependencies?: Record<string, string>
}

function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}

function arrayBufferOf(file: string): ArrayBuffer {
  return new Uint8Array(readFileSync(file)).buffer // without the rest of a pool of Node's
}

function binOf(tool: string, name: string): string {
  const directory = `${root}test/node_modules/${tool}`
  const { bin } = manifestOf(directory)
  return join(directory, typeof bin === 'string' ? bin : (bin[name] as string))
}
