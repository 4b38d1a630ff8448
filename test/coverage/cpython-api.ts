import { readFileSync } from 'node:fs'
import { loadPyodide } from 'pyodide'

/** What a module of CPython exports. */
export interface ModuleApi {
  readonly module: string
  readonly entries: readonly {
    readonly name: string
    /** Of a class: its public methods, properties and attributes. */
    readonly members: readonly string[]
  }[]
}

/** Asks CPython itself, in this process. */
export async function readCPythonApi(): Promise<{ readonly version: string; readonly modules: readonly ModuleApi[] }> {
  const python = await loadPyodide()
  const script = readFileSync(new URL('asyncio_api.py', import.meta.url), 'utf8')
  return {
    version: python.runPython('import platform; platform.python_version()'),
    modules: JSON.parse(python.runPython(script)),
  }
}
