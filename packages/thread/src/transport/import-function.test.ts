import { expect, it } from 'vitest'
import { importFunction } from './import-function.ts'

it.each([
  ['ERR_REQUIRE_CYCLE_MODULE', 'Cannot require() ES Module sum.ts in a cycle. A cycle is', 'npm pkg set type=module'],
  ['ERR_MODULE_NOT_FOUND', "Cannot find module 'sum.js'", 'Check its path, and what it imports'],
  ['ERR_UNKNOWN_FILE_EXTENSION', 'Unknown file extension .ts', 'install tsx'],
])('says what to do if a module cannot be loaded: %s', async (code, text, remedy) => {
  const error = `Object.assign(new Error(${JSON.stringify(text)}), { code: '${code}' })`
  const module = `data:text/javascript,${encodeURIComponent(`throw ${error}`)}`
  const reference = { module, name: 'sum', place: undefined, path: ['sum'], variable: 'sum' }
  const message = await importFunction(reference).then(String, String)
  expect(message).toContain(remedy)
  expect(message).not.toContain('A cycle is')
})
