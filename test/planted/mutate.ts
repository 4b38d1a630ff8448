// Changes one place of a file after the other in a copy of the sources, as `mutantsOf` of the Lab knows how, and counts
// how many of these mutants are found: by the programs of the conformance proof, else by the tests of the folder, else
// by those of loop and task. The programs are bundled again for each mutant, and one Vitest runs all tests, because to
// start them takes longer than to run them.

import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { type Mutant, mutantsOf } from '../../apps/lab/test/mutants.ts'
import { root } from '../tooling/run-example.ts'

// The tests of node cover what the loop has for hosts.
const ALL_TESTS = ['packages/loop/src/', 'packages/task/src/', 'packages/node/src/', 'test/loop/', 'test/task/']
// A mutant may well make a loop that never ends: it has ten times as long as the sources, on a machine as busy.
const PATIENCE = 10

/** What decides when a Task runs and how it ends. The variants for browsers run in other tests. */
const SCHEDULER = [
  ...['base-event-loop.ts', 'drivers', 'face', 'futures', 'scheduling'].map((part) => `packages/loop/src/${part}`),
  ...['combinators', 'scopes', 'sync', 'tasks'].map((part) => `packages/task/src/${part}`),
]
/** The outcome of each mutant, for a run that was broken off. The next whole run asks again only about survivors. */
const CACHE = join(root, 'node_modules/.cache/mutants')

interface MutantOfFile extends Mutant {
  readonly file: string
}

/** Prints each mutant that survives, and the score. @returns whether any survived */
export async function mutate(copy: string, args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { changed: { type: 'boolean' }, sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
  })
  const files = values.changed
    ? sources('diff', '--name-only', '--merge-base', 'main', '--', 'packages/loop/src', 'packages/task/src')
    : sources('ls-files', '--', ...(positionals.length > 0 ? positionals : SCHEDULER))
  if (files.length === 0) throw new Error('no source of loop or task is named, or differs from main')
  const tests = new WarmTests(copy)
  if (await failsProof(copy)) throw new Error('the programs of the proof fail without any mutant')
  const sound = new Map<string, number>() // how long the tests took that are known to pass without any mutant
  const isFound = async ({ file, source: mutant }: MutantOfFile): Promise<boolean> => {
    const source = readFileSync(join(copy, file), 'utf8')
    const write = (text: string): void => writeFileSync(join(copy, file), text)
    const failsTests = async (folders: readonly string[]): Promise<boolean> => {
      // A Vitest that has just been started builds the packages, which must not be those of a mutant.
      if (!tests.isWarm || !sound.has(`${folders}`)) {
        write(source)
        const start = performance.now()
        const failed = await tests.fail(file, folders)
        if (failed) throw new Error(`the tests in ${folders} fail without any mutant: ${failed}`)
        sound.set(`${folders}`, performance.now() - start)
      }
      write(mutant)
      const longest = PATIENCE * (sound.get(`${folders}`) ?? 0)
      const fail = async (): Promise<boolean> => (await tests.fail(file, folders, longest)) !== ''
      // Twice, because a test may fail by chance on a busy machine; not if they never ended, which stops Vitest.
      return (await fail()) && (!tests.isWarm || (await fail()))
    }
    write(mutant)
    const found =
      (await failsProof(copy)) ||
      (await failsTests([file.replace(/ts$/, '')])) ||
      (await failsTests([`${dirname(file)}/`])) ||
      (await failsTests(ALL_TESTS))
    write(source)
    return found
  }
  const mutants = files.flatMap((file) =>
    mutantsOf(readFileSync(join(copy, file), 'utf8')).map((mutant) => ({ file, ...mutant })),
  )
  const sample = sampleOf(mutants, Number(values.sample ?? mutants.length), values.seed)
  const survivors: string[] = []
  mkdirSync(CACHE, { recursive: true })
  for (const [index, mutant] of sample.entries()) {
    const cached = join(CACHE, hashOf(mutant.source))
    if (!existsSync(cached)) writeFileSync(cached, (await isFound(mutant)) ? 'found' : 'survived')
    if (readFileSync(cached, 'utf8') === 'survived') {
      survivors.push(cached)
      console.log(`survived  ${mutant.file}: ${mutant.what}`)
    }
    if (index % 20 === 19) console.log(`${scoreOf(index + 1 - survivors.length, index + 1)} …`)
  }
  for (const survivor of survivors) rmSync(survivor) // until there is a test for it
  tests.stop()
  console.log(
    `in ${files.length} files with ${mutants.length} mutants: ${scoreOf(sample.length - survivors.length, sample.length)}`,
  )
  return survivors.length > 0
}

async function failsProof(copy: string): Promise<boolean> {
  const file = join(copy, 'proof.mjs')
  const bundle = await rolldown({
    input: join(copy, 'test/planted/check-copy.fixture.ts'),
    platform: 'node',
    logLevel: 'silent',
  })
  await bundle.write({ file, codeSplitting: false })
  await bundle.close()
  // Of its own time, however busy the machine is: all programs take a fifth of that.
  const args = ['-c', 'ulimit -t 60; exec "$0" "$@"', process.execPath, file, join(copy, 'expected.json')]
  return spawnSync('sh', args).status !== 0
}

/** One Vitest, which runs test files of the copy again and again. */
class WarmTests {
  readonly #copy: string
  #child: ChildProcess | undefined

  constructor(copy: string) {
    this.#copy = copy
  }

  get isWarm(): boolean {
    return this.#child !== undefined
  }

  /** The first test file that fails, now that this file has changed; empty if none does. */
  async fail(changed: string, files: readonly string[], longest?: number): Promise<string> {
    this.#child ??= fork(join(this.#copy, 'test/planted/warm-tests.fixture.ts'), ['--watch'], {
      cwd: this.#copy,
      detached: true, // to end its workers with it
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const child = this.#child
    child.send({ changed: join(this.#copy, changed), files })
    const failed = await new Promise<string | undefined>((resolve, reject) => {
      child.once('message', (file: string) => resolve(file))
      child.once('exit', () => reject(new Error('Vitest ended before the tests did')))
      if (longest !== undefined) setTimeout(resolve, longest, undefined).unref()
    })
    if (failed === undefined) this.stop()
    child.removeAllListeners()
    return failed ?? 'they never end'
  }

  stop(): void {
    const { pid } = this.#child ?? {}
    this.#child = undefined
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  }
}

/** The first of all mutants in an order by chance that a change of other files leaves as it is. */
function sampleOf(all: readonly MutantOfFile[], size: number, seed: string): MutantOfFile[] {
  const order = all.map((mutant) => ({ mutant, by: hashOf(`${seed} ${mutant.file} ${mutant.what}`) }))
  return order
    .sort((a, b) => (a.by < b.by ? -1 : 1))
    .map(({ mutant }) => mutant)
    .slice(0, size)
}

function hashOf(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

/** The score, with the interval in which that of all mutants is (95 %, Wilson) if these are a sample. */
function scoreOf(killed: number, mutants: number): string {
  const [z, share] = [1.96, killed / mutants]
  const middle = share + z ** 2 / (2 * mutants)
  const width = z * Math.sqrt((share * (1 - share)) / mutants + z ** 2 / (4 * mutants ** 2))
  const [low, high] = [middle - width, middle + width].map((end) => Math.round((100 * end) / (1 + z ** 2 / mutants)))
  return `${killed} of ${mutants} found, ${Math.floor(100 * share)} % (of all, ${low} to ${high} %)`
}

/** The files that git lists, without tests. */
function sources(...args: string[]): string[] {
  const { stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  return stdout
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !/\.(?:test|test-d|fixture|browser)\.ts$/.test(file))
}
