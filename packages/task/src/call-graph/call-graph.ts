import { type Future, isFuture, RuntimeError } from '@spindle/loop'
import { ambient, checkOptions, formatLocation, hostConsole, printable, repr } from '@spindle/loop/internal'
import { awaitersOf } from '../explain/awaited-by.ts'
import { Task } from '../tasks/task.ts'
import { runningStack, type StackEntry } from './running-stack.ts'

/**
 * A Future or Task, its stack, and its awaiters. It is one object even if several Tasks await it, or it awaits itself
 * in a circle. asyncio: `asyncio.FutureCallGraph`.
 */
export interface FutureCallGraph {
  readonly future: Future
  /** Its current places, innermost first; empty for a Future. A waiting bare generator has only its outermost place. */
  readonly callStack: readonly StackEntry[]
  readonly awaitedBy: readonly FutureCallGraph[]
}

const GRAPH_OPTIONS: readonly string[] = ['depth', 'limit']

/** Which part of the call graph to return. */
export interface CallGraphOptions {
  /** How many places of the current stack to leave out, for the current Task: 1 begins with the caller. @default 1 */
  readonly depth?: number | undefined
  /** How many places of each stack: the outermost, or the innermost if negative; 0 for none. @default all */
  readonly limit?: number | undefined
}

/**
 * Returns the awaiters of a Future or Task, their awaiters, and so on, each with its stack. asyncio:
 * `asyncio.capture_call_graph`.
 * @param future the current Task if left out
 * @param options `depth`: how many places of the stack to leave out, 1 by default; `limit`: how many to keep, all
 * @returns undefined without a Future and outside of Tasks
 * @throws RuntimeError without a Future and outside of loops; TypeError if it is not a Future
 *
 * @example
 * ```ts
 * function* inner(): Coroutine<void> {
 *   const graph = captureCallGraph()
 *   console.log(graph?.awaitedBy.map(({ future }) => (future as Task).getName())) // prints: [ 'outer' ]
 * }
 * function* outer(): Coroutine<void> {
 *   yield* createTask(inner())
 * }
 * function* main(): Coroutine<void> {
 *   yield* createTask(outer(), { name: 'outer' })
 * }
 * await run(main())
 * ```
 */
export function captureCallGraph(future?: Future, options: CallGraphOptions = {}): FutureCallGraph | undefined {
  checkOptions('captureCallGraph()', options, GRAPH_OPTIONS)
  const loop = ambient.runningLoop
  if (future === undefined && loop === undefined) {
    throw new RuntimeError(
      'captureCallGraph() is called outside of a running event loop and no future to introspect was provided',
    )
  }
  const start = future ?? loop?.currentTask
  if (start === undefined) return undefined
  if (!isFuture(start)) throw new TypeError(`${repr(start)} object does not appear to be compatible with Future`)
  return new Capture(options).graphOf(start)
}

/**
 * The call graph as text. A Task that awaits several Futures is shown in full once, and then by name. asyncio:
 * `asyncio.format_call_graph`.
 * @param future the current Task if left out
 * @param options as for `captureCallGraph`
 * @returns '' without a Future and outside of Tasks
 */
export function formatCallGraph(future?: Future, options: CallGraphOptions = {}): string {
  checkOptions('formatCallGraph()', options, GRAPH_OPTIONS)
  const graph = captureCallGraph(future, deeper(options))
  return graph === undefined ? '' : formatGraph(graph)
}

/**
 * Prints the call graph. asyncio: `asyncio.print_call_graph`.
 * @param future the current Task if left out
 * @param options `print`: called with the text instead of `console.log`
 *
 * @example
 * ```ts
 * function* waits(task: Task): Coroutine<void> {
 *   yield* waitFor(shield(task), 1000)
 * }
 * function* main(): Coroutine<void> {
 *   const task = createTask(sleep(10), { name: 'worker' })
 *   const waiting = createTask(waits(task), { name: 'waiting' })
 *   yield* sleep(1)
 *   printCallGraph(task, { limit: 0 }) // without the places
 *   yield* waiting
 * }
 * await run(main())
 * // prints: * Task(name='worker')
 * // prints:   + Awaited by:
 * // prints:     * Task(name='waiting')
 * ```
 */
export function printCallGraph(
  future?: Future,
  options: CallGraphOptions & { readonly print?: ((text: string) => void) | undefined } = {},
): void {
  checkOptions('printCallGraph()', options, [...GRAPH_OPTIONS, 'print'])
  const { print = (text: string): void => hostConsole().log(text), ...graphOptions } = options
  print(formatCallGraph(future, deeper(graphOptions)))
}

/** One traversal of the graph. It visits each Future once, so shared Futures and circles cost nothing extra. */
class Capture {
  readonly #limit: number | undefined
  readonly #depth: number
  readonly #graphs = new Map<Future, FutureCallGraph>()

  constructor(options: CallGraphOptions) {
    this.#limit = options.limit
    this.#depth = options.depth ?? 1
  }

  graphOf(start: Future): FutureCallGraph {
    const root = this.#add(start)
    // Iterating over a Map includes entries that are added on the way: no recursion, however long the chain.
    for (const [future, graph] of this.#graphs) {
      const awaitedBy = graph.awaitedBy as FutureCallGraph[] // private to this function until it is returned
      for (const awaiter of awaitersOf(future)) awaitedBy.push(this.#graphs.get(awaiter) ?? this.#add(awaiter))
    }
    return root
  }

  #add(future: Future): FutureCallGraph {
    const graph: FutureCallGraph = { future, callStack: this.#stackOf(future), awaitedBy: [] }
    this.#graphs.set(future, graph)
    return graph
  }

  #stackOf(future: Future): StackEntry[] {
    if (this.#limit === 0 || !(future instanceof Task)) return []
    const suspended = future.getStack().reverse()
    if (ambient.runningLoop?.currentTask !== future) return this.#cut(suspended.map(asCoroutine))
    // The running coroutines are on the JavaScript stack, and so are their native callers. The engine knows more about
    // the frames beyond.
    const running = runningStack(captureCallGraph)
    return this.#cut([...running.slice(this.#depth - 1), ...suspended.slice(1).map(asCoroutine)])
  }

  #cut(stack: StackEntry[]): StackEntry[] {
    if (this.#limit === undefined) return stack
    return this.#limit > 0 ? stack.slice(-this.#limit) : stack.slice(0, -this.#limit)
  }
}

function asCoroutine(location: ReturnType<Task['getStack']>[number]): StackEntry {
  return { ...location, isCoroutine: true }
}

function deeper(options: CallGraphOptions): CallGraphOptions {
  return { ...options, depth: (options.depth ?? 1) + 1 }
}

function formatGraph(root: FutureCallGraph): string {
  const lines: string[] = []
  const shown = new Set<FutureCallGraph>()
  const levels = [{ graph: root, indent: '' }]
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    const { graph, indent } = level
    const again = shown.has(graph)
    lines.push(`${indent}* ${titleOf(graph.future)}${again ? ', shown above' : ''}`)
    if (again) continue
    shown.add(graph)
    if (graph.callStack.length > 0) lines.push(`${indent}  + Call stack:`)
    for (const entry of graph.callStack) lines.push(`${indent}  |   ${formatEntry(entry)}`)
    if (graph.awaitedBy.length > 0) lines.push(`${indent}  + Awaited by:`)
    for (const awaiter of [...graph.awaitedBy].reverse()) levels.push({ graph: awaiter, indent: `${indent}    ` })
  }
  return lines.join('\n')
}

function titleOf(future: Future): string {
  return future instanceof Task ? `Task(name=${repr(future.getName())})` : `Future(${printable(future.label)})`
}

function formatEntry(entry: StackEntry): string {
  const [, file, line] = /^(.*):(\d+)$/.exec(formatLocation(entry)) ?? []
  return `File '${file}', line ${line}, in ${entry.isCoroutine ? 'async ' : ''}${printable(entry.name) || '<anonymous>'}()`
}
