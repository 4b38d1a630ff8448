// Changes one place of a file after the other in a copy of the sources, as `mutantsOf` of the Lab knows how, and counts
// how many of these mutants are found: by the programs of the conformance proof, else by the tests of the folder, else
// by those of loop and task. The programs are bundled again for each mutant, and one Vitest runs all tests, because to
// start them takes longer than to run them.

import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { mutantsOf } from '../../apps/lab/test/mutants.ts'
import { Random } from '../conformance/random/random.ts'
import { root } from '../tooling/run-example.ts'

// Those of streams are here for what the loop has for hosts.
const ALL_TESTS = ['packages/loop/src/', 'packages/task/src/', 'packages/node/src/streams/']
// A mutant may well make a loop that never ends: it has ten times as long as the sources, on a machine as busy.
const PATIENCE = 10

/** Prints each mutant that survives, and the score of each file and of all. @returns whether any survived */
export async function mutate(copy: string, args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { changed: { type: 'boolean' }, sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
  })
  const files = values.changed
    ? sources('diff', '--name-only', '--merge-base', 'main', '--', 'packages/loop/src', 'packages/task/src')
    : positionals.flatMap((path) => sources('ls-files', '--', path))
  if (files.length === 0) throw new Error('no source of loop or task is named, or differs from main')
  const random = new Random(Number(values.seed))
  const tests = new WarmTests(copy)
  if (await failsProof(copy)) throw new Error('the programs of the proof fail without any mutant')
  const sound = new Map<string, number>() // how long the tests took that are known to pass without any mutant
  const all = { killed: 0, mutants: 0 }
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8')
    const mutants = sampleOf(mutantsOf(source), Number(values.sample ?? Number.POSITIVE_INFINITY), random)
    const write = (text: string): void => writeFileSync(join(copy, file), text)
    const failsTests = async (mutant: string, folders: readonly string[]): Promise<boolean> => {
      // A Vitest that has just been started builds the packages, which must not be those of a mutant.
      if (!tests.isWarm || !sound.has(`${folders}`)) {
        write(source)
        const start = performance.now()
        const failed = await tests.fail(file, folders)
        if (failed) throw new Error(`the tests in ${folders} fail without any mutant: ${failed}`)
        sound.set(`${folders}`, performance.now() - start)
        write(mutant)
      }
      return (await tests.fail(file, folders, PATIENCE * (sound.get(`${folders}`) ?? 0))) !== ''
    }
    let killed = 0
    for (const mutant of mutants) {
      write(mutant.source)
      const isFound =
        (await failsProof(copy)) ||
        (await failsTests(mutant.source, [`${dirname(file)}/`])) ||
        (await failsTests(mutant.source, ALL_TESTS))
      if (isFound) killed++
      else console.log(`survived  ${file}: ${mutant.what}`)
    }
    write(source)
    if (mutants.length > 0) console.log(`${file}: ${scoreOf(killed, mutants.length)}`)
    all.killed += killed
    all.mutants += mutants.length
  }
  tests.stop()
  console.log(`in all ${files.length} files: ${scoreOf(all.killed, all.mutants)}`)
  return all.killed < all.mutants
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

function sampleOf<T>(all: readonly T[], most: number, random: Random): T[] {
  const left = [...all]
  return Array.from({ length: Math.min(most, all.length) }, () => left.splice(random.integer(left.length), 1)[0] as T)
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
  return stdout.split('\n').filter((file) => file.endsWith('.ts') && !/\.(?:test|test-d|fixture)\.ts$/.test(file))
}
