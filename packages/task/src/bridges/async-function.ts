import { CancelledError, type Coroutine } from '@spindle/loop'
import { checkOptions, repr } from '@spindle/loop/internal'
import { getHostLoop } from '../run/host-loop.ts'
import { cancelOnAbort } from '../scopes/abort-signal.ts'
import { type AbortSignalLike, checkSignal } from '../scopes/link-to-signal.ts'
import type { TaskGroup } from '../scopes/task-group.ts'
import { signalsOf } from './abort-signals.ts'

/** The options of `asyncFunction`. */
export interface AsyncFunctionOptions<A extends readonly unknown[] = readonly never[]> {
  /**
   * Cancels calls when it aborts, besides the signals that the arguments hold: one signal for all calls, or a function
   * that finds that of a call in its arguments.
   * @default none
   */
  readonly signal?: AbortSignalLike | ((...args: A) => AbortSignalLike | undefined) | undefined
}

/**
 * Makes an async function of a coroutine function, for an SDK to call: a tool of an agent, a listener, a request
 * handler of a protocol. Each call runs as a Task of a group, which awaits it and cancels it with the rest, or of the
 * loop of `getHostLoop()`. An argument that is or holds an AbortSignal (`signal`, `abortSignal`, `req.raw.signal`), a
 * cancellation token of vscode-jsonrpc, a call of gRPC, or a request or response of `node:http` whose client has left,
 * cancels its call: the promise rejects with the reason of the signal when the clean-up is over. What the coroutine
 * throws goes to the caller, and does not end the group. `this` is kept. An addition to asyncio.
 * @throws TypeError for anything but a group or `'host'`, and a function; the promise rejects with a RuntimeError when
 * the group has ended
 *
 * @example
 * ```ts
 * import { call, type Coroutine, run, sleep, taskGroup } from 'spindle'
 * import { asyncFunction } from 'spindle/node'
 *
 * const sdk = { async ask(tool: (name: string, context: { signal?: AbortSignal }) => Promise<string>) {
 *   return `the tool says: ${await tool('ann', {})}`
 * } }
 * function* main(): Coroutine<string> {
 *   return (yield* taskGroup(function* (group) {
 *     const greet = asyncFunction(group, function* (name: string, _context: { signal?: AbortSignal }) {
 *       yield* sleep(10)
 *       return `hello ${name}`
 *     })
 *     return yield* call(() => sdk.ask(greet))
 *   })) ?? ''
 * }
 * console.log(await run(main())) // prints: the tool says: hello ann
 * ```
 */
export function asyncFunction<This, A extends readonly unknown[], T>(
  owner: TaskGroup | 'host',
  work: (this: This, ...args: A) => Coroutine<T>,
  options: AsyncFunctionOptions<A> = {},
): (this: This, ...args: A) => Promise<T> {
  if (owner !== 'host' && typeof owner?.createTask !== 'function') {
    throw new TypeError(`asyncFunction() takes a TaskGroup or 'host', got ${repr(owner)}`)
  }
  if (typeof work !== 'function') throw new TypeError(`asyncFunction() takes a coroutine function, got ${repr(work)}`)
  checkOptions('asyncFunction()', options, ['signal'])
  return asFunctionLike(work, async function (this: This, ...args: A): Promise<T> {
    const given = typeof options.signal === 'function' ? options.signal(...args) : options.signal
    if (given !== undefined) checkSignal(given)
    const { signals, release } = signalsOf(given === undefined ? args : [given, ...args])
    try {
      for (const signal of signals) if (signal.aborted) throw signal.reason
      return await runAs(owner, () => Reflect.apply(work, this, args) as Coroutine<T>, signals)
    } finally {
      release()
    }
  })
}

/** Gives a wrapper the name and the number of parameters that frameworks read from a function. */
export function asFunctionLike<F extends (...args: never[]) => unknown>(
  work: { length: number; name: string },
  f: F,
): F {
  // Deno.serve passes nothing to a function without parameters, and each request needs its client.
  return Object.defineProperties(f, { name: { value: work.name }, length: { value: Math.max(1, work.length) } })
}

async function runAs<T>(
  owner: TaskGroup | 'host',
  start: () => Coroutine<T>,
  signals: readonly AbortSignalLike[],
): Promise<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  function* member(): Coroutine<void> {
    try {
      outcome = { value: yield* start() }
    } catch (error) {
      if (error instanceof CancelledError) throw error
      outcome = { error } // for the caller, and not for the group
    }
  }
  const task = (owner === 'host' ? getHostLoop() : owner).createTask(member())
  for (const signal of signals) cancelOnAbort(task, signal)
  try {
    await task.then() // a promise: `await task` would take three
  } catch (error) {
    throw signals.find((signal) => signal.aborted)?.reason ?? error
  }
  if (outcome === undefined || 'error' in outcome) throw outcome?.error
  return outcome.value
}
