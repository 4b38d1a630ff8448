import { readdirSync, readFileSync } from 'node:fs'
import { loadPyodide, type PyodideAPI } from 'pyodide-315'
import type { Program } from './language.ts'

/** CPython in this process, with the constructs of the language loaded. It takes one or two seconds to start. */
export class CPython {
  readonly #python: PyodideAPI
  readonly #runAll: (programs: string) => string

  private constructor(python: PyodideAPI) {
    this.#python = python
    python.runPython('import asyncio; hosts_loop = asyncio.events._get_running_loop()')
    for (const file of sources()) python.runPython(readFileSync(file, 'utf8'), { filename: file.pathname })
    this.#runAll = python.globals['get']('run_all')
  }

  static async start(): Promise<CPython> {
    return new CPython(await loadPyodide())
  }

  /** Its version, such as `3.15.0`. */
  get version(): string {
    return this.#python.runPython('import platform; platform.python_version()')
  }

  /** Runs (numbered) programs and returns their traces. */
  run(programs: readonly Program[]): string[][] {
    return this.#call(this.#runAll, programs)
  }

  /** Loads AnyIO from its wheel, and returns the function that runs programs of its scopes there. */
  loadAnyIO(wheel: string): (programs: readonly unknown[]) => string[][] {
    this.#python.FS.writeFile('/anyio.whl', readFileSync(wheel))
    this.#python.runPython('import sys; sys.path.insert(0, "/anyio.whl")')
    const file = new URL('anyio/interpreter.py', import.meta.url)
    this.#python.runPython(readFileSync(file, 'utf8'), { filename: file.pathname })
    const runScopes = this.#python.globals['get']('run_scopes')
    return (programs) => this.#call(runScopes, programs)
  }

  #call(run: (programs: string) => string, programs: readonly unknown[]): string[][] {
    // In there, the host's own loop is running, and asyncio refuses to run another one at the same time.
    this.#python.runPython('asyncio.events._set_running_loop(None)')
    try {
      return JSON.parse(run(JSON.stringify(programs)))
    } finally {
      this.#python.runPython('asyncio.events._set_running_loop(hosts_loop)')
    }
  }

  /** What `from module import *` imports, sorted. */
  namesOf(module: string): string[] {
    return JSON.parse(
      this.#python.runPython(`import importlib; json.dumps(sorted(importlib.import_module('${module}').__all__))`),
    )
  }

  /** The error of Python's compiler if this is not valid Python. */
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
