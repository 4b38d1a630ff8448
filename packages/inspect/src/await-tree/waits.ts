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
  readonly node: number
  /** The name of the function; of a Task, also its own. */
  readonly name: string
  readonly function: FunctionPlace | undefined
  /** The object to ask the engine for the current line. */
  readonly suspended: number
  readonly causes: readonly Cause[]
  /** What its frame holds: two of one function with the same texts are probably at the same line. */
  readonly registers: string
}

/** What a Waiter waits for. */
export type Cause =
  | { readonly waiter: Waiter; readonly through: string }
  /** `a timer of 1000 ms`, or a sentence about who could call resolve(). */
  | { readonly text: string; readonly through: string }

const MAX_DEPTH = 14
const MAX_VISITED = 400
/** A variable of more closures belongs to a module: not each of them is about to call resolve(). */
const MAX_CLOSURES = 12
const MAX_CAUSES = 3

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
  /^(?:|Object|Object \/.*|Array|Map|Set|Promise|Generator|Function|global.*|.*Iterator|system \/.*|\(.*|WakeList|Handle|SharedDoneCallback|ChildWatch|ForeignWait|Listener|\w*Future)$/
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
  DefaultReadRequest: 'the next chunk of a stream',
  ReadableStreamAsyncIteratorReadRequest: 'the next chunk of a stream',
}

interface Frame {
  readonly node: number
  readonly promise: number | undefined
}

/** All Waiters of a heap, those that Node.js itself has included. */
export function findWaiters(heap: HeapGraph): Waiter[] {
  return new Waits(heap).all()
}

class Waits {
  readonly #heap: HeapGraph
  readonly #frames = new Map<number, Frame>()
  /** The frame that settles a promise, or that answers a request of an async generator. */
  readonly #owners = new Map<number, number>()
  readonly #promiseOf = new Map<number, number>()
  /** The blocks of a frame that have variables. */
  readonly #activations = new Map<number, number>()
  readonly #waiters = new Map<number, Waiter & { causes: Cause[] }>()
  /** The first element of the linked list of an element, once it was asked for. */
  readonly #firsts = new Map<number, number>()

  constructor(heap: HeapGraph) {
    this.#heap = heap
    for (const [node] of heap.placed) if (heap.get(node, 'parameters_and_registers') !== undefined) this.#addFrame(node)
    for (let node = 0; node < heap.size; node++) {
      if (heap.get(node, 'reactions_or_result') !== undefined) this.#addReactions(node)
    }
  }

  all(): Waiter[] {
    const heap = this.#heap
    for (const { node } of this.#frames.values()) {
      const awaited = this.#awaitedBy(node)
      if (awaited !== undefined) this.#add(node, awaited)
    }
    for (let node = 0; node < heap.size; node++) if (this.#isTask(node)) this.#addTask(node)
    for (const { waiter, awaited, isFuture } of this.#toExplain)
      waiter.causes.push(
        ...this.#unique(isFuture ? this.#holders(awaited, waiter.node) : this.#settlers(awaited, waiter.node)),
      )
    return [...this.#waiters.values()]
  }

  readonly #toExplain: { waiter: Waiter & { causes: Cause[] }; awaited: number; isFuture: boolean }[] = []

  #addFrame(node: number): void {
    const heap = this.#heap
    let promise: number | undefined
    for (const { label, node: field } of heap.edges(node)) {
      if (!/^\d+$/.test(label)) continue
      if (heap.name(field) === REQUEST) {
        for (let request: number | undefined = field; request !== undefined; ) {
          let next: number | undefined
          for (const edge of heap.edges(request)) {
            if (heap.type(edge.node) === 'object') this.#owners.set(edge.node, node)
            if (heap.name(edge.node) === REQUEST) next = edge.node
          }
          request = next
        }
      } else if (heap.type(field) === 'object' && promise === undefined) {
        promise = field
        this.#owners.set(field, node)
      }
    }
    this.#frames.set(node, { node, promise })
    const closed = heap.get(heap.get(node, 'function') ?? node, 'context')
    for (let at = heap.get(node, 'context'); at !== undefined && at !== closed; at = heap.get(at, 'previous'))
      this.#activations.set(at, node)
  }

  #addReactions(promise: number): void {
    const heap = this.#heap
    let reaction = heap.get(promise, 'reactions_or_result')
    while (reaction !== undefined && heap.name(reaction) === REACTION) {
      this.#promiseOf.set(reaction, promise)
      let next: number | undefined
      for (const edge of heap.edges(reaction)) if (heap.name(edge.node) === REACTION) next = edge.node
      reaction = next
    }
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

  #add(node: number, awaited: number): void {
    const heap = this.#heap
    const place = heap.placed.get(node)
    const waiter = {
      node,
      name: this.#nameOf(node),
      function: place,
      suspended: node,
      causes: [],
      registers: this.#registers(node),
    }
    this.#waiters.set(node, waiter)
    this.#toExplain.push({ waiter, awaited, isFuture: false })
  }

  #registers(frame: number): string {
    const heap = this.#heap
    const registers = heap.get(frame, 'parameters_and_registers')!
    let text = ''
    for (const { label, node } of heap.edges(registers)) {
      const type = heap.type(node)
      text += ` ${label}${type === 'object' ? heap.name(node) : type}`
    }
    return text
  }

  #isTask(node: number): boolean {
    const heap = this.#heap
    if (heap.type(node) !== 'object') return false
    let found = 0
    for (const { label } of heap.edges(node))
      if (label === 'coroutine' || label === 'waiter' || label === 'cancelState') found++
    return found === 3
  }

  #addTask(task: number): void {
    const heap = this.#heap
    const awaited = heap.get(task, 'waiter')
    if (awaited === undefined || heap.type(awaited) !== 'object') return
    const suspended = this.#innermost(task)
    const named = this.#text(heap.get(task, 'name'))
    const fn = this.#nameOf(heap.get(task, 'coroutine') ?? task)
    const isDefault = named === '' || /^Task-\d+$/.test(named)
    const name = isDefault ? `Task ${fn}` : `Task ${named} ${fn}`
    const waiter = {
      node: task,
      name: name.trim(),
      function: heap.placed.get(suspended),
      suspended,
      causes: [],
      registers: '',
    }
    this.#waiters.set(task, waiter)
    this.#toExplain.push({ waiter, awaited, isFuture: true })
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
      const found = this.#waiters.get(owner)
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

  #holders(future: number, waiter: number): Cause[] {
    if (this.#waiters.has(future)) return [{ waiter: this.#waiters.get(future)!, through: '' }]
    const name = this.#heap.name(future)
    if (/^Sleep/.test(name)) return [{ text: 'sleep()', through: '' }]
    return this.#holdersOf([future], waiter, new Set(), '', true)
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
    let [wasCut, hasFailures] = [false, false]
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
            found.push(...this.#reaction(holder, waiter, asked, through))
            continue
          }
          const frame = this.#frameAt(holder)
          if (frame !== undefined) {
            const awaiting = this.#waiters.get(frame)
            if (frame === waiter) {
              if (holder !== frame) next.push({ node: holder, path, inContainer })
            } else if (awaiting !== undefined) found.push({ waiter: awaiting, through: 'held' })
            else wasCut = true
            continue
          }
          if (this.#waiters.has(holder)) {
            found.push({ waiter: this.#waiters.get(holder)!, through })
            continue
          }
          if (type === 'synthetic') wasCut = true
          if (type === 'synthetic' || name === CAPABILITY || OF_THE_WAITER.has(name)) continue
          const step = /^\d+$/.test(label) || /^(?:elements|context|table|extension|previous)$/.test(label) ? '' : label
          const named = [step, path].filter((one) => one !== '').join('.')
          const [at, what = ''] = named.split('.')
          const event = at === '_events' ? `'${what}' of ` : at === '<symbol kEvents>' ? 'an event of ' : ''
          if (type === 'object' && HOST[name] !== undefined) {
            found.push({ text: name === 'Timeout' ? this.#timer(holder) : `${event}${HOST[name]}`, through })
            continue
          }
          if (type === 'object' && !PLAIN.test(name)) {
            if (event !== '') found.push({ text: `${event}${name}`, through })
            else names.push(`${name}${named === '' ? '' : `.${named}`}`)
            continue
          }
          if (/^global|^Object \//.test(name)) {
            names.push(`globalThis.${named}`)
            continue
          }
          if (name === CONTEXT) {
            if (heap.name(heap.get(holder, 'controller') ?? holder) === 'Fetch') {
              found.push({ text: 'an answer to fetch()', through })
              continue
            }
            if (named !== '') names.push(`the variable ${named}`)
            if (inContainer || heap.retainerCount(holder) > MAX_CLOSURES) {
              wasCut = true
              continue
            }
          }
          const isContainer = type === 'object' && !/^system/.test(name)
          next.push({ node: holder, path: isContainer ? named : path, inContainer: inContainer || isContainer })
        }
      }
      level = next
    }
    if (found.length > 0) return found
    if (!says) return []
    if (names.length === 0 && hasFailures) return this.#holdersOf(objects, waiter, asked, through, says, true)
    const [name] = names.sort((a, b) => Number(a.startsWith('the variable')) - Number(b.startsWith('the variable')))
    const isLost = name === undefined && !wasCut && level.length === 0
    return [{ text: isLost ? NOTHING : `its resolve() is held by ${name ?? 'something else'}`, through }]
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

  /** The frame to whose registers or variables a node belongs. */
  #frameAt(node: number): number | undefined {
    if (this.#frames.has(node)) return node
    return this.#activations.get(node)
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

  /** Each Waiter once; of texts, only as many as help. */
  #unique(causes: readonly Cause[]): Cause[] {
    const seen = new Set<unknown>()
    let texts = 0
    return causes.filter((cause) => {
      const key = 'waiter' in cause ? cause.waiter : `${cause.through} ${cause.text}`
      if (seen.has(key) || (!('waiter' in cause) && ++texts > MAX_CAUSES)) return false
      seen.add(key)
      return true
    })
  }
}

const NOTHING = 'nothing holds its resolve(): it can never settle'
