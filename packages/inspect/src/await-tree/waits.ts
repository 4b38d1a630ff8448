// Who awaits whom, from a heap snapshot. Three facts of V8 are enough:
//
//   a suspended async function   has `parameters_and_registers` and, without a name, the promise it will settle
//   a pending promise            has `reactions_or_result`: a list of reactions, whose handlers are closures
//   `await`, Promise.all, the resolve() of `new Promise`, …   are closures with the names of their built-in code
//
// So an await leads from the suspended function through its reaction to a promise, and from there on to whatever holds
// the other end: a suspended function, another promise, a Task, a timer, or only a variable.

import type { FunctionPlace, HeapGraph } from './heap-graph.ts'

/** A suspended async function or async generator, or a Task that waits. */
export interface Waiter {
  /** The name of the function; of a Task, also its own. */
  readonly name: string
  readonly function: FunctionPlace | undefined
  /** The object to ask the engine for the current line. */
  readonly suspended: number
  readonly causes: readonly Cause[]
}

/**
 * What a Waiter waits for: the index of another one, or words such as `a timer of 1000 ms`, or a sentence that says who
 * could call resolve(). `through` is what stands in between, such as `Promise.all of 3`.
 */
export type Cause =
  | { readonly waiter: number; readonly through: string }
  | { readonly text: string; readonly through: string }

const MAX_DEPTH = 14
const MAX_VISITED = 400
/** A variable of more closures belongs to a module: not each of them is about to call resolve(). */
const MAX_CLOSURES = 12
const MAX_CAUSES = 3
const MAX_KEEPER_DEPTH = 5

const REACTION = 'system / PromiseReaction'
const CAPABILITY = 'system / PromiseCapability'
const CONTEXT = 'system / Context'
const REQUEST = 'system / AsyncGeneratorRequest'
const AWAIT = /^(?:AsyncFunction|AsyncGenerator)\w*(?:Resolve|Fulfill)\w*Closure$/
const COMBINATORS: Readonly<Record<string, string>> = {
  PromiseAllResolveElementClosure: 'Promise.all',
  PromiseAllSettledResolveElementClosure: 'Promise.allSettled',
  PromiseAllSettledRejectElementClosure: 'Promise.allSettled',
  PromiseAnyRejectElementClosure: 'Promise.any',
}
// Edges that say nothing about who could settle a promise.
const IGNORED =
  /^(?:map|__proto__|constructor|prototype|feedback_cell|shared|code|native_context|global_proxy|initial_map|script|waiter|properties)$|^part of key/
// Edges to what only rejects a promise, which is named if nothing else holds it.
const FAILS = /^_?(?:on)?(?:error|abort(?:ed)?|close|reject)$/
// Containers of the language: the interesting name is that of their holder.
const PLAIN =
  /^(?:|Object|Object \/.*|Array|Map|Set|Promise|Generator|Function|global.*|.*Iterator|system \/.*|\(.*|WakeList|Handle|SharedDoneCallback|ChildWatch|ForeignWait|Listener|FixedCircularBuffer|FixedQueue|\w*Future)$/
// What a waiting coroutine of Spindle holds itself.
const OF_THE_WAITER: ReadonlySet<string> = new Set(['Suspension', 'Carrier', 'CancelState'])
const HOST: Readonly<Record<string, string>> = {
  Timeout: 'a timer',
  TimerHandle: 'a timer',
  Immediate: 'an immediate',
  Socket: 'a socket',
  TLSSocket: 'a socket',
  TCP: 'a socket',
  Pipe: 'a pipe',
  TCPConnectWrap: 'a connection that is being made',
  PipeConnectWrap: 'a connection that is being made',
  ClientRequest: 'an HTTP request',
  ClientHttp2Stream: 'an HTTP/2 response',
  IncomingMessage: 'an HTTP message',
  ServerResponse: 'an HTTP answer',
  Server: 'a server',
  ChildProcess: 'a child process',
  Process: 'a child process',
  FSReqCallback: 'a file operation',
  FSReqPromise: 'a file operation',
  ReadStream: 'a file or terminal',
  WriteStream: 'a file or terminal',
  GetAddrInfoReqWrap: 'a DNS lookup',
  QueryReqWrap: 'a DNS lookup',
  Worker: 'a worker thread',
  MessagePort: 'a message port',
  Interface: 'input',
  AbortSignal: 'an AbortSignal',
  WebSocket: 'a WebSocket',
  HTTPParser: 'an HTTP message',
  WriteWrap: 'a socket that is full',
  FSEvent: 'a change of a file',
  StatWatcher: 'a change of a file',
  HostDriver: 'the Tasks of its loop',
  DefaultReadRequest: 'the next chunk of a stream',
  ReadableStreamAsyncIteratorReadRequest: 'the next chunk of a stream',
}

/** All Waiters of a heap, those that Node.js itself has included. */
export function findWaiters(heap: HeapGraph): Waiter[] {
  return new Waits(heap).all()
}

/** A Waiter whose causes are not known yet. */
interface Found extends Omit<Waiter, 'function' | 'causes'> {
  readonly node: number
  /** A promise; of a Task, a Future. */
  readonly awaited: number
}

class Waits {
  readonly #heap: HeapGraph
  /** Suspended functions, generators included. */
  readonly #frames = new Set<number>()
  readonly #tasks: number[] = []
  /** The frame that settles a promise, or that answers a request of an async generator. */
  readonly #owners = new Map<number, number>()
  readonly #promiseOf = new Map<number, number>()
  /** The blocks of a frame that have variables. */
  readonly #activations = new Map<number, number>()
  /** The Waiter of a frame or Task, by its index. */
  readonly #indexes = new Map<number, number>()
  /** The first element of the linked list of an element, once it was asked for. */
  readonly #firsts = new Map<number, number>()
  readonly #keepers = new Map<number, string>()

  constructor(heap: HeapGraph) {
    this.#heap = heap
    for (let node = 0; node < heap.size; node++) {
      let fieldsOfTask = 0
      for (const { label, node: field } of heap.edges(node)) {
        if (label === 'parameters_and_registers' && heap.placed.has(node)) this.#addFrame(node)
        else if (label === 'reactions_or_result') this.#addReactions(node, field)
        else if (label === 'coroutine' || label === 'waiter' || label === 'cancelState') fieldsOfTask++
      }
      if (fieldsOfTask === 3 && heap.type(node) === 'object') this.#tasks.push(node)
    }
  }

  all(): Waiter[] {
    const heap = this.#heap
    const frames = [...this.#frames].map((node) => this.#frame(node))
    const found = [...frames, ...this.#tasks.map((node) => this.#task(node))].filter((one) => one !== undefined)
    for (const [index, { node }] of found.entries()) this.#indexes.set(node, index)
    return found.map(({ node, name, suspended, awaited }) => {
      const isPromise = heap.get(awaited, 'reactions_or_result') !== undefined
      const causes = isPromise ? this.#settlers(awaited, node) : this.#causesOf(awaited, node)
      return { name, suspended, function: heap.placed.get(suspended), causes: unique(causes) }
    })
  }

  #addFrame(node: number): void {
    const heap = this.#heap
    let hasPromise = false
    for (const { label, node: field } of heap.edges(node)) {
      if (!/^\d+$/.test(label)) continue
      if (heap.name(field) === REQUEST) this.#addRequests(node, field)
      else if (heap.type(field) === 'object' && !hasPromise) {
        hasPromise = true
        this.#owners.set(field, node)
      }
    }
    this.#frames.add(node)
    const closed = heap.get(heap.get(node, 'function') ?? node, 'context')
    for (let at = heap.get(node, 'context'); at !== undefined && at !== closed; at = heap.get(at, 'previous'))
      this.#activations.set(at, node)
  }

  /** The promises that an async generator has returned and not settled: a linked list. */
  #addRequests(frame: number, first: number): void {
    const heap = this.#heap
    for (let request: number | undefined = first; request !== undefined; ) {
      const fields: number[] = [...heap.edges(request)].map(({ node }) => node)
      for (const field of fields) if (heap.type(field) === 'object') this.#owners.set(field, frame)
      request = fields.find((field) => heap.name(field) === REQUEST)
    }
  }

  #addReactions(promise: number, first: number): void {
    const heap = this.#heap
    for (let reaction: number | undefined = first; reaction !== undefined && heap.name(reaction) === REACTION; ) {
      this.#promiseOf.set(reaction, promise)
      reaction = [...heap.edges(reaction)].find(({ node }) => heap.name(node) === REACTION)?.node
    }
  }

  #frame(node: number): Found | undefined {
    const awaited = this.#awaitedBy(node)
    return awaited === undefined ? undefined : { node, name: this.#nameOf(node), suspended: node, awaited }
  }

  #task(node: number): Found | undefined {
    const heap = this.#heap
    const awaited = heap.get(node, 'waiter')
    if (awaited === undefined || heap.type(awaited) !== 'object') return undefined
    const named = this.#text(heap.get(node, 'name')).replace(/^Task-\d+$/, '')
    const words = ['Task', named, this.#nameOf(heap.get(node, 'coroutine') ?? node)]
    return { node, name: words.filter((word) => word !== '').join(' '), suspended: this.#innermost(node), awaited }
  }

  /** The promise that a frame awaits: its reaction has the closures that resume the frame. */
  #awaitedBy(frame: number): number | undefined {
    const heap = this.#heap
    for (const { label, node: context } of heap.retainers(frame)) {
      if (label !== 'extension' || heap.name(context) !== CONTEXT) continue
      for (const { node: closure } of heap.retainers(context)) {
        if (!AWAIT.test(this.#builtin(closure))) continue
        for (const { node: reaction } of heap.retainers(closure)) {
          const promise = this.#promiseOf.get(reaction)
          if (promise !== undefined) return promise
        }
      }
    }
    return undefined
  }

  /** The name of the built-in code of a closure: of resolve(), for one. */
  #builtin(closure: number): string {
    const heap = this.#heap
    if (heap.type(closure) !== 'closure') return ''
    const code = heap.get(closure, 'code')
    return code === undefined ? '' : (/^\((\w+) builtin/.exec(heap.name(code))?.[1] ?? '')
  }

  /** The innermost generator of a Task: each is in a register of the one that delegates to it. */
  #innermost(task: number): number {
    const heap = this.#heap
    let at = heap.get(task, 'coroutine') ?? task
    const seen = new Set<number>()
    for (let next: number | undefined = at; next !== undefined && !seen.has(next); ) {
      at = next
      seen.add(at)
      next = undefined
      const registers = heap.get(at, 'parameters_and_registers')
      if (registers === undefined) break
      for (const { node } of heap.edges(registers))
        if (node !== at && this.#frames.has(node) && !this.#owners.has(node)) next = node
    }
    return at
  }

  /** What settles a promise. Each is asked about once: promises can settle each other in a circle. */
  #settlers(promise: number, waiter: number, seen = new Set<number>(), through = ''): Cause[] {
    if (seen.has(promise) || seen.size > MAX_VISITED) return []
    seen.add(promise)
    const owner = this.#owners.get(promise)
    if (owner !== undefined) {
      const found = this.#indexes.get(owner)
      return [
        found === undefined
          ? { text: `${this.#nameOf(owner)}, which is about to continue`, through }
          : { waiter: found, through },
      ]
    }
    const heap = this.#heap
    const causes: Cause[] = []
    const resolvers: number[] = []
    const operations: string[] = []
    let isDirect = false
    for (const { label, node } of heap.retainers(promise)) {
      const name = heap.name(node)
      if (name === REACTION) {
        isDirect = true
        causes.push(...this.#reaction(node, waiter, seen, through || '.then()'))
      } else if (name === CAPABILITY) {
        for (const { node: holder } of heap.retainers(node)) {
          if (heap.name(holder) === REACTION) causes.push(...this.#reaction(holder, waiter, seen, through || '.then()'))
          else if (heap.name(holder) === CONTEXT) causes.push(...this.#elements(holder, waiter, seen, through))
        }
      } else if (name === CONTEXT && /^\d+$/.test(label)) {
        for (const { node: closure } of heap.retainers(node))
          if (/^PromiseCapabilityDefault/.test(this.#builtin(closure))) resolvers.push(closure)
        resolvers.sort((a, b) => this.#builtin(b).localeCompare(this.#builtin(a))) // resolve() before reject()
      } else if (name === '(Global handles)') operations.push('an operation of Node.js')
      else if (heap.type(node) === 'object' && HOST[name] !== undefined) operations.unshift(HOST[name])
    }
    const [operation] = operations
    if (operation !== undefined && causes.length + resolvers.length === 0) return [{ text: operation, through }]
    // Settled with another promise, whoever still holds resolve().
    const follows = causes.length > 0 && (resolvers.length === 0 || isDirect)
    return follows ? causes : [...causes, ...this.#holdersOf(resolvers, waiter, seen, through, causes.length === 0)]
  }

  /** The reactions of the members of Promise.all() and its like, which share a context. */
  #elements(context: number, waiter: number, seen: Set<number>, through: string): Cause[] {
    const heap = this.#heap
    const reactions = new Set<number>()
    let combinator = ''
    for (const { node: closure } of heap.retainers(context)) {
      const found = COMBINATORS[this.#builtin(closure)]
      if (found === undefined) continue
      combinator = found
      for (const { node } of heap.retainers(closure)) if (heap.name(node) === REACTION) reactions.add(node)
    }
    const all = through || `${combinator} of ${reactions.size}`
    return [...reactions].flatMap((one) => this.#reaction(one, waiter, new Set(seen), all)) // a limit for each
  }

  #reaction(reaction: number, waiter: number, seen: Set<number>, through: string): Cause[] {
    const promise = this.#promiseOf.get(reaction)
    return promise === undefined ? [] : this.#settlers(promise, waiter, seen, through)
  }

  /** What a Future of a Task waits for. */
  #causesOf(future: number, waiter: number): Cause[] {
    const heap = this.#heap
    const task = this.#indexes.get(future)
    if (task !== undefined) return [{ waiter: task, through: '' }]
    if (/^Sleep/.test(heap.name(future))) return [{ text: 'sleep()', through: '' }]
    let owner: number | undefined = future // of the waiter of a lock, a queue, …
    for (const field of ['operation', 'waiters', 'owner']) owner = owner && heap.get(owner, field)
    return owner === undefined
      ? this.#holdersOf([future], waiter, new Set(), '', true)
      : [{ text: heap.name(owner), through: '' }]
  }

  /** Who holds one of these objects, and so could settle the promise: the nearest of each kind. */
  #holdersOf(
    objects: readonly number[],
    waiter: number,
    asked: Set<number>,
    through: string,
    says: boolean,
    failures = false,
  ): Cause[] {
    const heap = this.#heap
    let [wasCut, hasFailures, alternatives] = [false, false, 0]
    const found: Cause[] = []
    const names: string[] = []
    const seen = new Set<number>([...objects, waiter])
    let level = objects.map((node) => ({ node, path: '', inContainer: false }))
    for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && seen.size < MAX_VISITED; depth++) {
      const next: typeof level = []
      for (const { node, path, inContainer } of level) {
        for (const { label, node: retainer } of heap.retainers(node)) {
          const isLinked = label === 'next' && heap.name(retainer) === heap.name(node)
          const holder = isLinked ? this.#firstOf(retainer) : retainer
          if (seen.has(holder) || IGNORED.test(label)) continue
          if (!failures && FAILS.test(label)) {
            hasFailures = true
            continue
          }
          seen.add(holder)
          const [type, name] = [heap.type(holder), heap.name(holder)]
          if (name === REACTION) {
            if (depth === 0) alternatives++ // of Promise.race
            found.push(...this.#reaction(holder, waiter, asked, through))
            continue
          }
          const awaiting = this.#indexes.get(holder)
          if (awaiting !== undefined && !this.#frames.has(holder)) {
            found.push({ waiter: awaiting, through })
            continue
          }
          // A frame, by its registers or its variables.
          const frame = this.#frames.has(holder) ? holder : this.#activations.get(holder)
          if (frame !== undefined) {
            const held = this.#indexes.get(frame)
            if (frame === waiter && holder !== frame) next.push({ node: holder, path, inContainer })
            else if (frame !== waiter && held !== undefined) found.push({ waiter: held, through: 'held' })
            else if (frame !== waiter) wasCut = true
            continue
          }
          if (type === 'synthetic') wasCut = true
          if (type === 'synthetic' || name === CAPABILITY || OF_THE_WAITER.has(name)) continue
          const named = joined(label, path)
          const [at, what = ''] = named.split('.')
          const event = at === '_events' ? `'${what}' of ` : at === '<symbol kEvents>' ? 'an event of ' : ''
          const host = name === 'Timeout' ? this.#timer(holder) : HOST[name] && `${event}${HOST[name]}`
          const operation = name === CONTEXT ? this.#operationOf(holder) : undefined
          if (type === 'object' && host !== undefined) found.push({ text: host, through })
          else if (type === 'object' && !PLAIN.test(name)) {
            if (event !== '') found.push({ text: `${event}${name}`, through })
            else names.push(`${name}${named === '' ? '' : `.${named}`}${this.#keeperOf(holder)}`)
          } else if (/^global|^Object \//.test(name)) names.push(`globalThis.${named}`)
          else if (operation !== undefined) found.push({ text: operation, through })
          else {
            if (name === CONTEXT && named !== '') names.push(`the variable ${named}`)
            if (name === CONTEXT && (inContainer || heap.retainerCount(holder) > MAX_CLOSURES)) wasCut = true
            else {
              const isContainer = type === 'object' && !/^system/.test(name)
              next.push({ node: holder, path: isContainer ? named : path, inContainer: inContainer || isContainer })
            }
          }
        }
      }
      level = next
    }
    if (found.length > 0) {
      const first = alternatives > 1 ? `the first of ${alternatives}` : ''
      return found.map((cause) => ({ ...cause, through: cause.through || first }))
    }
    if (!says) return []
    if (names.length === 0 && hasFailures) return this.#holdersOf(objects, waiter, asked, through, says, true)
    const rank = (one: string): number => (one.startsWith('the variable') ? 2 : one.includes(' in ') ? 0 : 1)
    const [name] = names.sort((a, b) => rank(a) - rank(b))
    const isLost = name === undefined && !wasCut && level.length === 0
    return [{ text: isLost ? NOTHING : `its resolve() is held by ${name ?? 'something else'}`, through }]
  }

  /** ` in Pool.#queue`: the object that has another one in a property, a list or a map. */
  #keeperOf(object: number): string {
    const heap = this.#heap
    const known = this.#keepers.get(object)
    if (known !== undefined) return known
    const seen = new Set([object])
    let keeper = ''
    let level = [{ node: object, path: '' }]
    for (let depth = 0; depth < MAX_KEEPER_DEPTH && level.length > 0 && keeper === ''; depth++) {
      const next: typeof level = []
      for (const { node, path } of level) {
        for (const { label, node: holder } of heap.retainers(node)) {
          const [type, name] = [heap.type(holder), heap.name(holder)]
          const isHolder = (type === 'object' || type === 'array') && !this.#frames.has(holder) && name !== CONTEXT
          if (seen.has(holder) || seen.size > MAX_VISITED || !isHolder || IGNORED.test(label)) continue
          seen.add(holder)
          const named = joined(label, path)
          if (type === 'array' || PLAIN.test(name)) next.push({ node: holder, path: named })
          else if (named !== '' && name !== heap.name(object)) keeper ||= ` in ${name}.${named}`
        }
      }
      level = next
    }
    this.#keepers.set(object, keeper)
    return keeper
  }

  /** The first element of a linked list, such as the listeners of a signal: the list is held by it. */
  #firstOf(element: number): number {
    const heap = this.#heap
    let first = this.#firsts.get(element) ?? element
    for (;;) {
      const previous = heap.get(first, 'previous')
      if (previous === undefined || heap.name(previous) !== heap.name(element)) break
      first = this.#firsts.get(previous) ?? previous
    }
    this.#firsts.set(element, first)
    return first
  }

  /** A function of Node.js that is known by its variables. */
  #operationOf(context: number): string | undefined {
    const heap = this.#heap
    if (heap.name(heap.get(context, 'controller') ?? context) === 'Fetch') return 'an answer to fetch()'
    return heap.get(context, 'unconsumedPromises') === undefined ? undefined : 'the next event of on()'
  }

  #timer(timeout: number): string {
    const heap = this.#heap
    const value = heap.get(heap.get(timeout, '_idleTimeout') ?? timeout, 'value')
    const ms = value === undefined ? Number.NaN : Number(heap.name(value))
    return Number.isNaN(ms) ? 'a timer' : `a timer of ${ms} ms`
  }

  #nameOf(frame: number): string {
    const heap = this.#heap
    const fn = heap.get(frame, 'function')
    if (fn === undefined) return ''
    // Compilers that rename functions keep the author's name as a property.
    const name = this.#text(heap.get(fn, 'name')) || heap.name(fn)
    const { line, column } = heap.placed.get(frame) ?? {}
    return name === '' && line === 0 && column === 0 ? 'top level' : `${name || '<anonymous>'}()`
  }

  /** The text of a string, if it is one piece or a chain of pieces; otherwise ''. */
  #text(node: number | undefined): string {
    const heap = this.#heap
    const type = node === undefined ? '' : heap.type(node)
    if (type === 'string') return heap.name(node!)
    return type === 'concatenated string'
      ? this.#text(heap.get(node!, 'first')) + this.#text(heap.get(node!, 'second'))
      : ''
  }
}

/** Puts the label of an edge in front of a path. Indexes and fields of the engine are left out. */
function joined(label: string, path: string): string {
  const step = /^(?:\d+|elements|context|table|extension|previous|internal)$/.test(label) ? '' : label
  return [step, path].filter((one) => one !== '').join('.')
}

/** Each Waiter once; of texts, only as many as help. */
function unique(causes: readonly Cause[]): Cause[] {
  const seen = new Set<unknown>()
  let texts = 0
  return causes.filter((cause) => {
    const key = 'waiter' in cause ? cause.waiter : `${cause.through} ${cause.text}`
    if (seen.has(key) || (!('waiter' in cause) && ++texts > MAX_CAUSES)) return false
    seen.add(key)
    return true
  })
}

const NOTHING = 'nothing holds its resolve(): it can never settle'
