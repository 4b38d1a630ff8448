import { readdirSync, readFileSync } from 'node:fs'
import { loadPyodide, type PyodideAPI } from 'pyodide'
import type { Program } from './language.ts'

/** CPython 3.14, in this process, with the constructs of the language loaded. Starting one takes one or two seconds. */
export class CPython {
  readonly #python: PyodideAPI
  readonly #runAll: (programs: string) => string

  private constructor(python: PyodideAPI) {
    this.#python = python
    // The host's own loop is the running one in there: asyncio refuses to run another beside it.
    python.runPython('import asyncio; asyncio.events._set_running_loop(None)')
    for (const file of sources()) python.runPython(readFileSync(file, 'utf8'), { filename: file.pathname })
    this.#runAll = python.globals['get']('run_all')
  }

  static async start(): Promise<CPython> {
    return new CPython(await loadPyodide())
  }

  /** Its version, such as `3.14.2`. */
  get version(): string {
    return this.#python.runPython('import platform; platform.python_version()')
  }

  /** Runs (numbered) programs and gives their traces. */
  run(programs: readonly Program[]): string[][] {
    return JSON.parse(this.#runAll(JSON.stringify(programs)))
  }

  /** The error of Python's compiler, if this is no Python. */
  syntaxErrorOf(source: string): string | undefined {
    this.#python.globals['set']('source', source)
    try {
      this.#python.runPython('compile(source, "program.py", "exec"); None')
      return undefined
    } catch (error) {
      return String(error)
    }
  }
}

function sources(): URL[] {
  const constructs = readdirSync(new URL('constructs', import.meta.url)).filter((name) => name.endsWith('.py'))
  return [
    'python/virtual_loop.py',
    'python/in_order.py',
    'python/repairs.py',
    'python/interpreter.py',
    ...constructs.sort().map((name) => `constructs/${name}`),
  ].map((file) => new URL(file, import.meta.url))
}
