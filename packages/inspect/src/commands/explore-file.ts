// `spindle explore`. A project may depend on `@spindle/testing`; this package does not.

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { printable } from '../printable.ts'

/** The options of the command. */
export interface ExploreFlags {
  readonly runs?: string | undefined
  readonly seed?: string | undefined
  readonly replay?: string | undefined
}

/** The part of `@spindle/testing` that is used. */
interface Testing {
  explore(program: unknown, options: object): Promise<{ runs: number; covered: string; unlikely: string | undefined }>
  readonly ExplorationError: abstract new (
    ...args: never[]
  ) => Error & {
    readonly replay: string
    readonly runs: { readonly found: number }
  }
}

interface Module {
  readonly main?: unknown
  readonly default?: unknown
  readonly options?: object
}

/**
 * Explores the function `main` of a module, or its default export, with the `options` that it exports.
 * @throws Error if it cannot be loaded; whatever `explore()` throws, except a failure of the program
 */
export async function exploreFile(file: string, flags: ExploreFlags): Promise<{ text: string; hasFailed: boolean }> {
  const { resolve: find } = createRequire(pathToFileURL(resolve(file)))
  const load = async (name: string): Promise<unknown> => import(pathToFileURL(find(name)).href)
  const testing = '@spindle/testing'
  if (!isFound(find, testing)) throw new Error(`explore needs ${testing}: npm i -D ${testing}`)
  await load(`${testing}/host`) // before a module keeps a timer function
  if (/\.[cm]?tsx?$/.test(file)) {
    if (isFound(find, 'tsx')) await load('tsx')
    else if (file.endsWith('x') || !Reflect.get(process.features, 'typescript'))
      throw new Error(`Node ${process.version} cannot load ${file} without tsx: npm i -D tsx`)
  }
  const { explore, ExplorationError } = (await load(`${testing}/explore`)) as Testing
  const exported = (await import(pathToFileURL(resolve(file)).href)) as Module
  const module = typeof exported.default === 'object' ? (exported.default as Module) : exported // of CommonJS
  const program = module.main ?? module.default
  if (typeof program !== 'function') throw new Error(`${file} exports no function as \`main\` or by default`)
  const numbers = Object.entries({ runs: flags.runs, seed: flags.seed }).filter(([, value]) => value !== undefined)
  const options = { ...module.options, ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])) }
  try {
    const replay = flags.replay === undefined ? {} : { replay: flags.replay }
    const { runs, covered, unlikely } = await explore(program, { ...options, ...replay })
    const told = unlikely === undefined ? '' : `\nOnly if a timer takes far longer than written:\n${unlikely}\n`
    return { text: `no failure in ${runs} runs: ${covered}\n${told}`, hasFailed: false }
  } catch (error) {
    if (!(error instanceof ExplorationError)) throw error
    const { message, replay, runs } = error
    const again = replay === '' ? '' : `\nnpx spindle explore ${file} --replay ${JSON.stringify(replay)}`
    const lines = `${message}\n\nfound in run ${runs.found}${again}`.split('\n')
    return { text: `${lines.map(printable).join('\n')}\n`, hasFailed: true }
  }
}

function isFound(find: NodeJS.RequireResolve, name: string): boolean {
  try {
    return find(name) !== ''
  } catch {
    return false
  }
}
