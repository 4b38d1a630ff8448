import { readCPythonApi } from './cpython-api.ts'
import { readCPythonTests, readMentions } from './cpython-tests.ts'
import { readOurApi } from './our-api.ts'
import type { Material } from './render.ts'

/** Reads it all anew: from CPython, from the sources, from the tests. */
export async function readMaterial(): Promise<Material> {
  const { version, modules } = await readCPythonApi()
  return { version, modules, ours: readOurApi(), tests: readCPythonTests(), mentions: readMentions() }
}
