// Only the engine knows the places of functions and suspended generators in the source. Its inspector answers
// synchronously, on the same thread, so the line of a Task costs nothing until it is printed:
//
//   object ──Runtime.getProperties──▶ script id, line, column ──Debugger.enable announces──▶ the script's URL and source map
//
// Without an inspector (`--permission`) the answer is undefined. Nothing here throws. A bundle for browsers contains
// source-location.browser.ts instead.

/** A place in the source, counted as editors do. */
export interface SourceLocation {
  /** URL of the source file, found through the source map if there is one. */
  readonly url: string
  /** URL of the script that the engine runs. It differs from `url` in a bundle with source maps. */
  readonly script: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
  /** Name of the function, or '' if it has none. */
  readonly name: string
}

/**
 * Where `fn` is defined, or undefined if the engine can't tell (native and bound functions, no inspector). The first
 * call takes some 20 ms, each further module 2 ms; a function that was looked up before costs nothing.
 */
export function functionLocation(fn: (...args: never) => unknown): SourceLocation | undefined {
  if (knownFunctions.has(fn)) return knownFunctions.get(fn)
  if (typeof fn !== 'function') return undefined
  const location = inspect(fn, (session, objectId) => describeFunction(session, objectId))
  knownFunctions.set(fn, location)
  return location
}

/** `functionLocation` without source maps inside a script. The first call takes a quarter of the time. */
export function scriptLocation(fn: (...args: never) => unknown): SourceLocation | undefined {
  if (knownFunctions.has(fn)) return knownFunctions.get(fn)
  if (typeof fn !== 'function') return undefined
  return inspect(fn, (session, objectId) => {
    const { result, internalProperties } = session.properties(objectId)
    const raw = find(internalProperties, '[[FunctionLocation]]')?.value as RawLocation | undefined
    const url = raw && session.url(raw.scriptId)
    return raw && url ? { ...new Script(url, undefined).resolve(raw), script: url, name: nameIn(result) } : undefined
  })
}

/**
 * The current place of a suspended generator, with the name of its function; the place of its function if it is running
 * or has ended. Never cached, because the place changes. Takes about 0.2 ms.
 */
export function generatorLocation(generator: Iterator<unknown, unknown, unknown>): SourceLocation | undefined {
  return inspect(generator, (session, objectId) => {
    const { internalProperties } = session.properties(objectId)
    const functionId = find(internalProperties, '[[GeneratorFunction]]')?.objectId
    if (functionId === undefined) return undefined
    const state = find(internalProperties, '[[GeneratorState]]')?.value
    const raw = find(internalProperties, '[[GeneratorLocation]]')?.value
    return describeFunction(session, functionId, state === 'suspended' ? (raw as RawLocation | undefined) : undefined)
  })
}

const knownFunctions = new WeakMap<object, SourceLocation | undefined>()

// The global through which an object is passed to the inspector, which can only reach globals.
const HANDOVER = Symbol.for('spindle.inspected')
const GLOBAL = "globalThis[Symbol.for('spindle.inspected')]"
const OBJECT_GROUP = 'spindle'

// One for each thread, connected on first use; null if the engine has none.
let currentSession: Inspector | null | undefined

/** How long this thread has waited for the engine's answers, in ms. */
export const queries = { time: 0 }

/** Queries the engine about an object, which the session knows as `objectId`. undefined if that fails in any way. */
export function inspect<T>(object: object, ask: (session: Inspector, objectId: string) => T): T | undefined {
  const start = host.performance.now()
  try {
    if (currentSession === undefined) currentSession = connect()
    if (currentSession === null) return undefined
    const objectId = currentSession.handOver(object)
    return objectId === undefined ? undefined : ask(currentSession, objectId)
  } catch {
    return undefined // places are only shown, so an unknown one is never an error
  } finally {
    currentSession?.release()
    queries.time += host.performance.now() - start
  }
}

function describeFunction(session: Inspector, objectId: string, at?: RawLocation): SourceLocation | undefined {
  const { result, internalProperties } = session.properties(objectId)
  const raw = at ?? (find(internalProperties, '[[FunctionLocation]]')?.value as RawLocation | undefined)
  if (raw === undefined) return undefined
  const script = session.script(raw.scriptId)
  if (script === undefined || script.url === '') return undefined
  return { ...script.resolve(raw), script: script.url, name: nameIn(result) }
}

function nameIn(properties: readonly Property[] | undefined): string {
  const name = find(properties, 'name')?.value
  return typeof name === 'string' ? name : ''
}

function find(properties: readonly Property[] | undefined, name: string): Property['value'] | undefined {
  return properties?.find((property) => property.name === name)?.value
}

function connect(): Inspector | null {
  try {
    const { Session } = builtin<InspectorModule>('node:inspector') ?? {}
    return Session === undefined ? null : new Inspector(new Session())
  } catch {
    return null
  }
}

export type { Inspector }

/** A separate session: enabling and disabling its domains does not affect an attached debugger. */
class Inspector {
  readonly #session: Session
  readonly #scripts = new Map<string, Script>() // only the requested ones; a program has thousands
  readonly #urls = new Map<string, string>()
  readonly #globals = globalsOfProgram()

  constructor(session: Session) {
    this.#session = session
    session.connect()
  }

  ask<T>(method: string, parameters?: object): T {
    let answer: unknown
    let failure: unknown
    this.#session.post(method, parameters, (error, result) => {
      failure = error
      answer = result
    })
    if (failure) throw failure
    return answer as T // the shape is that of the DevTools protocol, stable since Node 8
  }

  properties(objectId: string): Properties {
    return this.ask('Runtime.getProperties', { objectId, ownProperties: true })
  }

  handOver(object: object): string | undefined {
    return this.#withGlobal(object, 'Runtime.evaluate', { expression: GLOBAL, objectGroup: OBJECT_GROUP }).objectId
  }

  valueOf(objectId: string): unknown {
    let value: unknown
    const receive = (object: unknown): void => {
      value = object
    }
    const functionDeclaration = `function () { ${GLOBAL}(this) }`
    this.#withGlobal(receive, 'Runtime.callFunctionOn', { objectId, functionDeclaration })
    return value
  }

  #withGlobal(value: object, method: string, parameters: object): { objectId?: string } {
    this.#globals[HANDOVER] = value
    try {
      return this.ask<{ result: { objectId?: string } }>(method, { ...parameters, silent: true }).result
    } finally {
      delete this.#globals[HANDOVER]
    }
  }

  source(scriptId: string): string {
    return this.#withDebugger(
      () => this.ask<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId }).scriptSource,
    )
  }

  /** The debugger, once enabled, announces every script synchronously, before any other code runs. */
  #withDebugger<T>(ask: () => T): T {
    this.ask('Debugger.enable')
    try {
      return ask()
    } finally {
      this.#session.post('Debugger.disable')
    }
  }

  /** Lets the engine collect the objects of this session, which it otherwise keeps alive. */
  release(): void {
    try {
      this.#session.post('Runtime.releaseObjectGroup', { objectGroup: OBJECT_GROUP })
    } catch {
      // Bun's inspector holds no objects.
    }
  }

  /**
   * The URL of a script. The profiler lists the URLs in a fifth of the time that the debugger needs, which hashes the
   * sources. The profiler is never disabled, because that would end the coverage of the program.
   */
  url(id: string): string | undefined {
    const known = this.#scripts.get(id)?.url ?? this.#urls.get(id)
    if (known !== undefined) return known
    try {
      this.ask('Profiler.enable')
      const { result } = this.ask<Coverage>('Profiler.getBestEffortCoverage')
      for (const { scriptId, url } of result) this.#urls.set(scriptId, url)
    } catch {} // the engine has no profiler
    return this.#urls.get(id) ?? this.script(id)?.url
  }

  script(id: string): Script | undefined {
    const known = this.#scripts.get(id)
    if (known !== undefined) return known
    const listen = ({ params }: ScriptParsed): void => {
      if (params.scriptId === id) this.#scripts.set(id, new Script(params.url, params.sourceMapURL))
    }
    this.#session.on('Debugger.scriptParsed', listen)
    try {
      return this.#withDebugger(() => this.#scripts.get(id))
    } finally {
      this.#session.removeListener('Debugger.scriptParsed', listen)
    }
  }
}

class Script {
  readonly url: string
  readonly #inlineMap: SourceMap | undefined // Vitest keeps its source maps in the scripts only

  constructor(url: string, sourceMapUrl: string | undefined) {
    this.url = url
    const json = sourceMapUrl === undefined ? undefined : decodeDataUrl(sourceMapUrl)
    const { SourceMap } = (json !== undefined && builtin<NodeModule>('node:module')) || {}
    if (SourceMap && json) this.#inlineMap = new SourceMap(JSON.parse(json))
  }

  resolve(raw: RawLocation): { url: string; line: number; column: number } {
    const column = raw.columnNumber ?? 0
    const map = builtin<NodeModule>('node:module')?.findSourceMap?.(this.url) ?? this.#inlineMap
    const entry = map?.findEntry(raw.lineNumber, column)
    if (entry?.originalLine === undefined) return { url: this.url, line: raw.lineNumber + 1, column: column + 1 }
    return {
      url: entry.originalSource ? new host.URL(entry.originalSource, this.url).href : this.url,
      line: entry.originalLine + 1,
      column: (entry.originalColumn ?? 0) + 1,
    }
  }
}

function decodeDataUrl(url: string): string | undefined {
  const [, base64, data] = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(url) ?? []
  if (data === undefined) return undefined
  if (base64 === undefined) return decodeURIComponent(data)
  return new host.TextDecoder().decode(Uint8Array.from(host.atob(data), (character) => character.charCodeAt(0)))
}

// ── The parts of the host in use, declared here because the loop compiles without the types of Node and the DOM.

const host = globalThis as unknown as {
  readonly process?: { getBuiltinModule?(name: string): unknown }
  readonly performance: { now(): number }
  readonly URL: new (url: string, base: string) => { readonly href: string }
  readonly TextDecoder: new () => { decode(bytes: Uint8Array): string }
  atob(base64: string): string
}

/** The globals that the inspector sees. Jest runs each test file in a context of `node:vm`, which has others. */
function globalsOfProgram(): Record<symbol, unknown> {
  const machines = builtin<{ runInThisContext(code: string): Record<symbol, unknown> }>('node:vm')
  return machines?.runInThisContext('globalThis') ?? (globalThis as Record<symbol, unknown>)
}

function builtin<T>(name: string): T | undefined {
  return host.process?.getBuiltinModule?.(name) as T | undefined
}

interface InspectorModule {
  readonly Session?: new () => Session
}
interface Session {
  connect(): void
  post(method: string, parameters?: object, callback?: (error: unknown, result: unknown) => void): void
  on(event: string, listener: (message: ScriptParsed) => void): void
  removeListener(event: string, listener: (message: ScriptParsed) => void): void
}
interface ScriptParsed {
  readonly params: { readonly scriptId: string; readonly url: string; readonly sourceMapURL?: string }
}
interface Coverage {
  readonly result: readonly { readonly scriptId: string; readonly url: string }[]
}
interface Properties {
  readonly result?: readonly Property[]
  readonly internalProperties?: readonly Property[]
}
interface Property {
  readonly name: string
  readonly value?: { readonly value?: unknown; readonly objectId?: string; readonly description?: string }
}
interface RawLocation {
  readonly scriptId: string
  readonly lineNumber: number // both counted from 0
  readonly columnNumber?: number
}
interface NodeModule {
  findSourceMap?(url: string): SourceMap | undefined
  readonly SourceMap?: new (payload: unknown) => SourceMap
}
interface SourceMap {
  findEntry(line: number, column: number): { originalLine?: number; originalColumn?: number; originalSource?: string }
}
