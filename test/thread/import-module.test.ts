import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const MODULE = 'data:text/javascript,export const one = 1'
const PROGRAM = `
import { AsyncLocalStorage } from 'node:async_hooks'
let isEnabled = false
const { run, disable } = AsyncLocalStorage.prototype
AsyncLocalStorage.prototype.run = function (...args) { isEnabled = true; return run.apply(this, args) }
AsyncLocalStorage.prototype.disable = function () { isEnabled = false; return disable.call(this) }
process.stderr.write('')
const { importModule } = await import(${JSON.stringify(new URL('../../packages/thread/src/internal.ts', import.meta.url).href)})
await importModule('data:text/javascript,export const zero = 0') // tsx and the loader begin to read files
const isStream = (type) => /^(?:Pipe|TTY)Wrap$/.test(type)
while (!process.getActiveResourcesInfo().every(isStream)) await new Promise((resolve) => setTimeout(resolve, 10))
await importModule(process.argv[1])
console.log(isEnabled)
`

// An enabled AsyncLocalStorage makes each await of the program slower on Node 20 and 22.
it.each([
  ['is not left enabled in a program whose stderr is a pipe', MODULE, 'false'],
  ['is left enabled if the module leaves something running', `${MODULE};setTimeout(() => {}, 100)`, 'true'],
])('the storage that marks an import %s', (_, module, isEnabled) => {
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', PROGRAM, module]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect([stdout, stderr]).toEqual([`${isEnabled}\n`, ''])
})
