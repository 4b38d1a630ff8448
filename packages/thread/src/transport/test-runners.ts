// A test file may pass its own functions. The other side imports the file for them, and must not run its tests again:
// it gets a stand-in for the test runner, which ignores the tests. Using the runner later is an error.
//
//   t.test.ts ──import──▶ vitest      here
//   t.test.ts ──import──▶ stand-in    there: describe(), it(), vi.fn() … do nothing while the file is imported

import Module from 'node:module'

/** Puts the stand-in in place. @param isImporting whether a module is being imported now */
export function standInForTestRunner(isImporting: () => boolean): void {
  const make = (name: string): unknown => standIn(name, isImporting)
  for (const name of GLOBAL_NAMES) if (!(name in globalThis)) Reflect.set(globalThis, name, make(name))
  if (KEY in globalThis) return
  Reflect.set(globalThis, KEY, make)
  const loader = Module as unknown as Loader
  const load = loader._load
  loader._load = (request, ...rest) => (RUNNERS.includes(request) ? make('test') : load(request, ...rest))
  if (loader.registerHooks === undefined) loader.register?.(dataUrl(resolveModule))
  else loader.registerHooks({ resolve })
}

const RUNNERS = ['node:test', 'vitest', '@jest/globals']
const KEY = Symbol.for('spindle.testRunner')
// Of all runners: an import of a name that is not exported fails.
const NAMES = (
  'after afterAll afterEach aroundAll aroundEach assert assertType before beforeAll beforeEach bench chai ' +
  'createExpect describe expect expectTypeOf fdescribe fit inject it jest mock onTestFailed onTestFinished only run ' +
  'should skip snapshot suite test todo vi vitest xdescribe xit xtest'
).split(' ')

const GLOBAL_NAMES = NAMES.filter((name) =>
  /^(?:after|before)|^[fx]?(?:describe|it|test)$|^(?:expect|jest|suite|vi)$/.test(name),
)

const source = `const make = globalThis[Symbol.for('spindle.testRunner')]
export default make('test')
${NAMES.map((name) => `export const ${name} = make('${name}')`).join('\n')}`

const STAND_IN = dataUrl(source)

const resolve: Resolve = (specifier, context, next) =>
  RUNNERS.includes(specifier) ? { url: STAND_IN, shortCircuit: true } : next(specifier, context)

// Node 20 needs it in a separate module.
const resolveModule = `export const resolve = async (specifier, context, next) =>
  ${JSON.stringify(RUNNERS)}.includes(specifier)
    ? { url: ${JSON.stringify(STAND_IN)}, shortCircuit: true }
    : next(specifier, context)`

function dataUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`
}

/** Returns itself for every operation, as long as a file is imported. */
function standIn(name: string, isImporting: () => boolean): unknown {
  const check = (): void => {
    if (isImporting()) return
    const what = `${name} of the test runner is not there in a thread or process of a test. Return what the test checks`
    throw Object.assign(new Error(what), { name: 'RuntimeError' }) // the class itself would take long to load
  }
  const self: unknown = new Proxy(() => {}, {
    get: (_, key) => {
      if (key === 'then' || key === Symbol.toPrimitive) return undefined
      check()
      return key === Symbol.iterator ? () => [].values() : self
    },
    apply: () => {
      check()
      return self
    },
    construct: () => {
      check()
      return self as object
    },
  })
  return self
}

interface Loader {
  _load(request: string, ...rest: unknown[]): unknown
  readonly register?: (url: string) => void
  readonly registerHooks?: (hooks: { readonly resolve: Resolve }) => void
}

type Resolve = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown
