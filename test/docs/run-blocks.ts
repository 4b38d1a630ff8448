// Compiles blocks of the documentation and runs them.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import { COMPILED } from '../tooling/compiled-path.mjs'
import { longForm } from '../tooling/long-form.ts'
import { type ExampleResult, fits, readersEnvironment, root, runNode, showsRealTime } from '../tooling/run-example.ts'
import { type Block, expectedOutput, implicitModules, moduleOf } from './blocks.ts'

const LIMIT = 60_000 // ms that only a hang takes

/** The modules made of some blocks, and what the compiler said of each. */
export class CompiledBlocks {
  readonly #directory: string
  readonly #errors = new Map<string, string[]>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Writes a module for each block into a directory of its own, and calls the compiler once for all of them. */
  static async compile(blocks: readonly Block[]): Promise<CompiledBlocks> {
    // Inside of test/, so that the modules find the packages that this one depends on.
    mkdirSync(`${root}test/docs/.blocks`, { recursive: true })
    const compiled = new CompiledBlocks(mkdtempSync(`${root}test/docs/.blocks/`).slice(root.length))
    await compiled.#compile(blocks)
    return compiled
  }

  /** Removes the modules. */
  remove(): void {
    rmSync(`${root}${this.#directory}`, { recursive: true })
  }

  /** The compiler's errors, in terms of the documentation's files and lines. */
  errors(block: Block): readonly string[] {
    return this.#errors.get(this.#pathOf(block)) ?? []
  }

  /**
   * What is wrong with a block: an error of the compiler, of its run, or a difference between what it prints and what
   * it says it prints. `undefined` if it is as it should be.
   */
  async verify(block: Block): Promise<string | undefined> {
    const errors = this.errors(block)
    if (block.mode === 'fails-to-compile') {
      if (errors.length === 0) return 'it should not compile, but it does'
      // A name that does not exist is a mistake in the block, not the mistake that it shows.
      const accidents = errors.filter((error) => /error TS(2304|2307|2503|2552):/.test(error))
      return accidents.length === 0 ? undefined : accidents.join('\n')
    }
    if (errors.length > 0) return errors.join('\n')
    if (block.mode === 'no-run') return undefined

    // A process or a thread each: a hang, an unhandled rejection or the numbers of Tasks concern one block only.
    const { stdout, stderr, code, signal } = await this.#run(this.#pathOf(block))
    if (code !== 0) return `it ended with ${signal ?? `exit code ${code}`}:\n${stdout}${stderr}`
    const expected = expectedOutput(block)
    if (expected === undefined || fits(stdout, expected.join('\n'))) return undefined
    return `it should print\n${indented(expected.join('\n'))}\nbut it prints\n${indented(stdout.trimEnd())}\n${stderr}`
  }

  /**
   * Runs a module as JavaScript on the built packages: no loader, as users run it. In the short form on a thread if it
   * may be, which costs half of a process.
   */
  #run(path: string): Promise<ExampleResult> {
    const source = readFileSync(`${root}${path}`, 'utf8')
    const program = path.replace(/\.ts$/, '.js')
    const virtualTime = ['--import', new URL(`../../${this.#directory}/virtual-time.mjs`, import.meta.url).href]
    const execArgv = showsRealTime(source) ? [] : virtualTime
    if (longForm) return runNode(['--enable-source-maps', ...execArgv, program])
    if (/\bprocess\b|\bcensus\b|\breal: true\b|\bisMain\b|mainThread|runMain|runProcess/.test(source))
      return runNode([...execArgv, program])
    return runOnThread(`${root}${program}`, execArgv)
  }

  async #compile(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      writeFileSync(`${root}${this.#pathOf(block)}`, moduleOf(block, implicitModules(block.file)))
    }
    // The built packages, as they are installed for the examples.
    symlinkSync(`${root}${COMPILED}/node_modules`, `${root}${this.#directory}/node_modules`, 'junction')
    cpSync(`${root}test/tooling/virtual-time.mjs`, `${root}${this.#directory}/virtual-time.mjs`)
    const compilerOptions = {
      noUnusedLocals: false,
      noUnusedParameters: false,
      allowUnreachableCode: true,
      noEmit: false,
      outDir: '.',
      declaration: false,
      declarationMap: false,
      target: 'ES2022', // as Node 20 knows no `using`
    }
    const config = { extends: '../../../../tsconfig.json', include: ['*.ts'], exclude: [], compilerOptions }
    writeFileSync(`${root}${this.#directory}/tsconfig.json`, JSON.stringify(config))
    const tsc = ['node_modules/typescript/bin/tsc', '--project', this.#directory, '--pretty', 'false']
    const { code, stdout, stderr } = await runNode(tsc)
    if (code !== 0 && stdout === '') throw new Error(`the compiler failed:\n${stderr}`)
    this.#read(stdout, new Map(blocks.map((block) => [this.#pathOf(block), block])))
  }

  #read(output: string, blocks: ReadonlyMap<string, Block>): void {
    let last: string[] = []
    for (const line of output.split('\n').filter((line) => line !== '')) {
      const [, path = '', row = '', message = ''] = /^(\S.*?)\((\d+),\d+\): (.*)$/.exec(line) ?? []
      if (path === '') {
        last.push(`${last.pop() ?? ''}\n${line}`) // the message goes on
        continue
      }
      const block = blocks.get(path)
      last = this.#errors.get(path) ?? []
      this.#errors.set(path, last)
      // The code starts in the second line of its module, and one line below the fence. What is wrong elsewhere `check`
      // shows.
      last.push(block === undefined ? line : `${block.file}:${block.line + Number(row) - 1}: ${message}`)
    }
  }

  #pathOf(block: Block): string {
    return `${this.#directory}/${block.file.replaceAll(/\W+/g, '-')}-${block.line}.ts`
  }
}

/** Runs a program on a thread that knows nothing of Vitest. */
async function runOnThread(path: string, execArgv: string[]): Promise<ExampleResult> {
  const thread = new Worker(path, { execArgv, env: readersEnvironment(), stdout: true, stderr: true })
  let error = ''
  thread.on('error', (thrown) => {
    error = `${thrown.stack ?? thrown}\n`
  })
  const output = Promise.all([text(thread.stdout), text(thread.stderr)])
  const timer = setTimeout(() => {
    error = `it did not end within ${LIMIT} ms`
    void thread.terminate()
  }, LIMIT)
  const code = await new Promise<number>((resolve) => thread.on('exit', resolve))
  clearTimeout(timer)
  const [stdout, stderr] = await output
  return { stdout, stderr: stderr + error, code, signal: null }
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
