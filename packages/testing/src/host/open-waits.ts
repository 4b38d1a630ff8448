// The promises and real resources that a run still waits for when nothing is left to do. Only the engine knows which
// promises are awaited, and only Node knows its resources. `async_hooks` reports an `await` as a promise that has a
// parent, and a resource under a name in capitals.

import { callerPlace, capturedStack } from '../own-frames.ts'
import { builtin } from './node.ts'

/** `node:async_hooks`. */
export interface Hooks {
  createHook(callbacks: {
    init(id: number, type: string, parent: number): void
    before?(id: number): void
    promiseResolve?(id: number): void
    destroy?(id: number): void
  }): { enable(): void; disable(): void }
  executionAsyncId(): number
  readonly AsyncResource: new (type: string) => object
}

interface Open {
  readonly type: string
  readonly isAwait: boolean
  readonly error: Error
}

const REAL = /^(?!SIGNALWRAP$)[A-Z\d]+$/
/** What waits while a module is loaded. */
export const IMPORTED = 'import()'
/** Timers of the real host, whose functions a program has kept. The simulated timers are not of these types. */
export const KEPT: ReadonlyMap<string, string> = new Map([
  ['Timeout', 'a timer of the real host'],
  ['Immediate', 'an immediate of the real host'],
])
// Functions of Node that use real things without waiting for them. crypto.sign() and verify() only may.
const HARMLESS = /structuredClone|createWritableStdioStream|Sync\]? \(node:|\bsyncBufferWrapper|OneShot/
// Node, or Vitest, loads a module.
const IMPORT = / (?:importModuleDynamically\w*|dynamicRequest) \(/
// A module has kept the function from before explore() replaced it.
const FETCH = / at fetch \(node:/
const OF_TIMERS = /node:(?:timers|internal\/(?:timers|async_hooks|abort_controller))/
const MAX_LINES = 10

export class OpenWaits {
  /** Stops watching. */
  readonly end: () => void
  readonly #open = new Map<number, Open>()

  constructor() {
    const { createHook, executionAsyncId } = builtin<Hooks>('node:async_hooks')
    const goesOn = (id: number): void => void this.#open.delete(id)
    const init = (id: number, type: string, parent: number): void => {
      if (!KEPT.has(type) && !REAL.test(type)) return // such as the resource of a Task
      const isAwait = type === 'PROMISE' && parent !== executionAsyncId()
      this.#open.set(id, { type, isAwait, error: capturedStack() })
    }
    const hook = createHook({ init, before: goesOn, promiseResolve: goesOn, destroy: goesOn })
    this.end = () => void hook.disable()
    hook.enable()
  }

  /** The real things that were begun and have not answered: `a file (FSREQPROMISE) of load (server.ts:12)`. */
  get real(): string[] {
    const real = this.#told(
      ({ type, error }) => {
        if (type === 'PROMISE') return false
        const { stack = '' } = error
        return KEPT.has(type) ? isSetByProgram(stack) : !HARMLESS.test(stack)
      },
      ({ type }, place) => `${KEPT.get(type) ?? nameOfType(type)}${place === '' ? '' : ` of ${place}`}`,
    )
    const imports = this.#calls(IMPORTED, IMPORT)
    if (imports.length > 0) return imports // whatever it takes to load the module
    // The socket of a fetch() is opened later, where no line of the program is on the stack.
    return real.length === 0 ? real : [...this.#calls('fetch()', FETCH), ...real]
  }

  /** The real waits that come from functions of the host which a module has kept. */
  get kept(): string[] {
    return this.real.filter((one) => [...KEPT.values(), 'fetch()'].some((name) => one.startsWith(name)))
  }

  /** The user's lines that await a promise: `load (server.ts:12)`. */
  get awaits(): string[] {
    return this.#told(
      ({ isAwait }) => isAwait,
      (_, place) => place,
    )
  }

  #calls(name: string, frame: RegExp): string[] {
    return this.#told(
      ({ error }) => frame.test(error.stack ?? ''),
      (_, place) => place && `${name} of ${place}`,
    )
  }

  #told(isOne: (open: Open) => boolean, tell: (open: Open, place: string) => string): string[] {
    const all = [...this.#open.values()].filter(isOne).map((open) => tell(open, callerPlace(open.error)))
    return [...new Set(all)].filter((line) => line !== '').slice(0, MAX_LINES)
  }
}

// What Node's names stand for. They differ between versions.
const NAMES: readonly (readonly [type: RegExp, name: string])[] = [
  [/^(?:FS|FILE|DIR)/, 'a file'],
  [/^(?:TCP|PIPE|UDP|TLS|HTTP|JSSTREAM)/, 'a socket'],
  [/^(?:GETADDRINFO|GETNAMEINFO|DNS|QUERY)/, 'a look-up of a host'],
  [/^PROCESS/, 'a child process'],
  [/^(?:MESSAGEPORT|WORKER)/, 'a message of another thread'],
  [/^(?:ZLIB|BROTLI|ZSTD)/, 'a compression'],
  [/REQUEST$/, 'a calculation of node:crypto'],
]

function nameOfType(type: string): string {
  const [, name] = NAMES.find(([pattern]) => pattern.test(type)) ?? []
  return name === undefined ? type : `${name} (${type})`
}

/** Whether the program has set a timer itself, rather than a module of Node, such as node:http. */
function isSetByProgram(stack: string): boolean {
  const frames = stack.split('\n').slice(3) // the first are capturedStack() and init()
  const inNode = frames.slice(
    0,
    frames.findIndex((frame) => !frame.includes('node:')),
  )
  return inNode.every((frame) => OF_TIMERS.test(frame))
}
