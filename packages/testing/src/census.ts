import { RuntimeError } from 'spindle'
import { hostProcess } from 'spindle/internal'

/** The resources that a program holds at one moment. */
export interface Holdings {
  /** Connections and servers, of TCP, UDP and Unix sockets; each pipe to a child process is one. */
  readonly sockets: number
  /** Open files. */
  readonly files: number
  /** Running child processes and their descendants, including processes that have left their parent. */
  readonly processes: number
  /** Timers that were set by the global functions while it was in use, and have neither fired nor been cleared. */
  readonly timers: number
  /** Listeners of `process`. */
  readonly listeners: number
  /** Async generators that were begun and have not ended, streams that are iterated over among them. */
  readonly iterators: number
}

/** Counts the resources of a program. */
export interface Census extends Disposable {
  /** Counts. */
  count(): Holdings
  /** Stops noting iterators and marking child processes. */
  [Symbol.dispose](): void
}

/**
 * Counts the resources of a program from outside: by the tables of the system and of Node, not by the beliefs of the
 * program. Compare two counts, one before and one after. While it is in use, it notes which async generators begin and
 * end and which timers are set, and marks new child processes with a variable in their environment, to find them when
 * they have left their parent. Files and processes need `/proc` (Linux); elsewhere sockets are counted by Node, and
 * files are all other descriptors. An addition to asyncio.
 * @throws RuntimeError where there is no Node
 *
 * @example
 * ```ts
 * import { open } from 'node:fs/promises'
 * import { census } from '@spindle/testing'
 *
 * const held = census()
 * const before = held.count()
 * const file = await open('package.json')
 * const during = held.count().files - before.files
 * await file.close()
 * const after = held.count().files - before.files
 * held[Symbol.dispose]()
 * console.log(during, after) // prints: 1 0
 * ```
 */
export function census(): Census {
  if (hostProcess()?.getBuiltinModule === undefined) {
    throw new RuntimeError('census() counts what Node holds, and there is no Node >= 20.16')
  }
  const fs = process.getBuiltinModule('node:fs')
  const strangers = new Set([`${process.pid}`])
  const stopNoting = startNoting()
  const stopMarking = markChildren()
  return {
    count: () => ({
      ...descriptors(fs),
      processes: processesOf(fs, strangers),
      timers: [...timers].filter(isActive).length,
      listeners: process
        .eventNames()
        .filter((name) => name !== 'beforeExit') // where loops look for deadlocks
        .reduce((sum, name) => sum + process.listenerCount(name), 0),
      iterators: iterators.size,
    }),
    [Symbol.dispose]() {
      stopNoting()
      stopMarking()
    },
  }
}

/** The used part of Node: a user who compiles this may lack its types. */
interface FileSystem {
  readdirSync(path: string): string[]
  readFileSync(path: string, encoding: 'utf8' | 'latin1'): string
  readlinkSync(path: string): string
}

interface Timer {
  hasRef(): boolean
  /** Node has no other name for a timer that has fired or was cleared. */
  readonly _destroyed: boolean
}

declare const process: {
  readonly pid: number
  readonly env: Record<string, string | undefined>
  getActiveResourcesInfo(): string[]
  eventNames(): (string | symbol)[]
  listenerCount(event: string | symbol): number
  getBuiltinModule(name: 'node:fs'): FileSystem
}

function descriptors(fs: FileSystem): { readonly sockets: number; readonly files: number } {
  const byNode = process.getActiveResourcesInfo().filter((name) => /^(?:TCP|UDP|Pipe|TTY)/.test(name)).length
  let names: string[]
  try {
    names = fs.readdirSync('/proc/self/fd')
  } catch {
    try {
      return { sockets: byNode, files: fs.readdirSync('/dev/fd').length - byNode }
    } catch {
      return { sockets: byNode, files: 0 } // Windows
    }
  }
  let sockets = 0
  let files = 0
  for (const name of names) {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${name}`)
      if (target.startsWith('socket:')) sockets++
      else if (!/^(?:pipe:|anon_inode:|\/dev\/null$)/.test(target)) files++ // these belong to the loop of a thread
    } catch {} // the descriptor with which the folder was read
  }
  return { sockets, files }
}

/**
 * Counts the descendants of this process, and marked processes that are descendants no longer.
 * @param strangers the processes that are neither, which are not looked at again
 */
function processesOf(fs: FileSystem, strangers: Set<string>): number {
  const parents = new Map<number, number>()
  const found = new Set<number>()
  let names: string[]
  try {
    names = fs.readdirSync('/proc').filter((name) => /^\d/.test(name) && !strangers.has(name))
  } catch {
    return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
  }
  for (const name of names) {
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z' || state === 'X') continue
      parents.set(Number(name), Number(parent))
      const environment = fs.readFileSync(`/proc/${name}/environ`, 'latin1')
      if (environment.includes(`${MARK}=${process.pid}\0`)) found.add(Number(name))
    } catch {} // it has ended, or belongs to another user
  }
  for (const pid of parents.keys()) {
    for (let each = parents.get(pid); each !== undefined; each = parents.get(each)) {
      if (each === process.pid || found.has(each)) found.add(pid)
    }
  }
  found.delete(process.pid)
  for (const pid of parents.keys()) if (!found.has(pid)) strangers.add(`${pid}`)
  return found.size
}

const MARK = 'SPINDLE_CENSUS'

function markChildren(): () => void {
  const before = process.env[MARK]
  process.env[MARK] = `${process.pid}`
  return () => {
    if (before === undefined) delete process.env[MARK]
    else process.env[MARK] = before
  }
}

// Everything that began while a census was in use and has not ended.
const iterators = new Set<object>()
const timers = new Set<Timer>()
const endedIterators = new WeakSet<object>()
let users = 0
let restore = (): void => {}

function startNoting(): () => void {
  if (users++ === 0) {
    const stops = [noteIterators(), noteTimers('setTimeout'), noteTimers('setInterval')]
    restore = () => stops.forEach((stop) => void stop())
  }
  return () => {
    if (--users > 0) return
    restore()
    iterators.clear()
    timers.clear()
  }
}

interface AsyncSteps {
  next(...args: unknown[]): Promise<IteratorResult<unknown>>
  return(value?: unknown): Promise<IteratorResult<unknown>>
  throw(error?: unknown): Promise<IteratorResult<unknown>>
}

/** Notes which async generators begin and end, by the methods that all of them share. */
function noteIterators(): () => void {
  const prototype = Object.getPrototypeOf(async function* () {}.prototype) as AsyncSteps
  const own = { next: prototype.next, return: prototype.return, throw: prototype.throw }
  for (const name of ['next', 'return', 'throw'] as const) {
    prototype[name] = function (this: object, ...args: unknown[]) {
      const step = Reflect.apply(own[name], this, args) as Promise<IteratorResult<unknown>>
      if (name === 'next' && !iterators.has(this) && !endedIterators.has(this) && !isOfFetch()) iterators.add(this)
      const end = (): void => {
        iterators.delete(this)
        endedIterators.add(this)
      }
      step.then(({ done }) => {
        if (done) end()
      }, end)
      return step
    }
  }
  return () => void Object.assign(prototype, own)
}

/** Whether fetch() reads a body: it drops its generator, unended, when it is aborted between two chunks. */
function isOfFetch(): boolean {
  return new Error().stack?.includes('at fetchParams.controller.next (node:') === true
}

/** Notes the timers that a global function sets. Test runners stored the function earlier, for their own timers. */
function noteTimers(name: 'setTimeout' | 'setInterval'): () => void {
  const own = globalThis[name]
  const noting = (...args: Parameters<typeof setTimeout>): Timer => {
    const timer = own(...args) as unknown as Timer
    for (const each of timers) if (!isActive(each)) timers.delete(each)
    timers.add(timer)
    return timer
  }
  Reflect.set(globalThis, name, Object.assign(noting, own)) // with what `promisify` finds on it
  return () => {
    Reflect.set(globalThis, name, own)
  }
}

/** Whether it keeps the program alive. */
function isActive(timer: Timer): boolean {
  return timer.hasRef() && !timer._destroyed
}
