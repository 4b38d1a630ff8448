// The side of a worker: runs one call after another, each to its end.
//
// What few calls need is loaded when one does: a thread starts in half the time without it.

import { awaitResult } from '../transport/await-result.ts'
import type { ErrorRecord } from '../transport/error-record.ts'
import type { AnyFunction, FunctionReference } from '../transport/function-reference.ts'
import { importFunction } from '../transport/import-function.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, pack, type Transferable, unpackFirst } from '../transport/serialize.ts'
import { watchForUncaught } from '../transport/uncaught.ts'
import { type CurrentCall, runAs } from './current-call.ts'
import { reportLeftBehind } from './left-behind.ts'
import type { FromWorker, FunctionNumber, ToWorker } from './protocol.ts'

/** Posts a message to the executor. */
export type Post = (message: FromWorker, transfer: readonly Transferable[]) => void

export class CallRunner {
  readonly #post: Post
  readonly #functions = new Map<number, AnyFunction>() // those called before
  #last = 'the initializer'

  /**
   * @param where the name of the worker
   * @param isHandled whether the pool has an exception handler for what calls leave behind
   */
  constructor(post: Post, where: string, isHandled: boolean) {
    this.#post = post
    const send = async (call: string, reason: unknown): Promise<void> =>
      post({ kind: 'left-behind', call, where, error: await recordOf(reason) }, [])
    watchForUncaught()
    reportLeftBehind(where, () => this.#last, isHandled ? send : undefined)
  }

  /** Runs the initializer. Returns whether calls may come. */
  async initialize(reference: FunctionReference | undefined, args: readonly unknown[]): Promise<boolean> {
    try {
      if (reference !== undefined) {
        const initializer = await importFunction(reference)
        await awaitResult(initializer(...args))
      }
      this.#post({ kind: 'ready' }, [])
      return true
    } catch (error) {
      console.error('Exception in initializer:', error)
      this.#post({ kind: 'refused', error: await recordOf(error) }, [])
      return false
    }
  }

  /** Runs a call, and posts how it ended. */
  async run(message: ToWorker & { kind: 'call' }, call: CurrentCall): Promise<void> {
    const { id, isTimed } = message
    if (isTimed) this.#post({ kind: 'begun', id }, [])
    let value: unknown
    try {
      value = await runAs(call, () => this.#call(message, call))
    } catch (error) {
      return await this.#fail(id, error)
    }
    await this.#reply(id, value)
  }

  /** A call can't run, as its arguments can't be read. */
  async refuse(id: number, reason: unknown): Promise<void> {
    const what = `the args of the call can't be read: ${reasonOf(reason)}`
    await this.#fail(id, new TypeError(what, { cause: reason }))
  }

  /** Sends what a running call has for `onProgress`. */
  sendProgress(id: number, value: unknown): void {
    const transfer: Transferable[] = []
    this.#post({ kind: 'progress', id, value: pack(value, transfer) }, transfer)
  }

  async #call(message: ToWorker & { kind: 'call' }, call: CurrentCall): Promise<unknown> {
    const { standIns, value } = message.args
    let args: unknown[]
    try {
      args = (standIns === undefined ? value : await unpackFirst(message.args)) as unknown[]
    } catch (cause) {
      throw new TypeError(`the args of the call can't be read: ${reasonOf(cause)}`, { cause })
    }
    const fn = this.#functions.get(message.fn.number) ?? (await this.#load(message.fn))
    this.#last = fn.name
    if (message.how === 'one') return awaitResult(fn(...args))
    if (message.how === 'stream') return await this.#stream(message.id, fn, args, call)
    const values = []
    for (const some of args as unknown[][]) values.push(await awaitResult(fn(...some)))
    return values
  }

  /** Sends what the function yields, as far as the other side is ready to take it. */
  async #stream(id: number, fn: AnyFunction, args: readonly unknown[], call: CurrentCall): Promise<unknown> {
    const { iterate } = await import('./iterate.ts')
    const iterator = iterate(await fn(...args), fn.name)
    for (;;) {
      if (!(await call.mayContinue())) return await iterator.return?.()
      const { done, value } = await iterator.next()
      if (done) return undefined
      const transfer: Transferable[] = []
      try {
        this.#post({ kind: 'item', id, value: pack(value, transfer) }, transfer)
      } catch (cause) {
        discard(transfer)
        await iterator.return?.()
        throw new TypeError(`what ${fn.name}() yielded can't be sent: ${reasonOf(cause)}`, { cause })
      }
    }
  }

  async #reply(id: number, value: unknown): Promise<void> {
    const transfer: Transferable[] = []
    try {
      this.#post({ kind: 'result', id, value: pack(value, transfer) }, transfer)
    } catch (cause) {
      discard(transfer)
      await this.#fail(id, new TypeError(`the result of the call can't be sent back: ${reasonOf(cause)}`, { cause }))
    }
  }

  async #fail(id: number, error: unknown): Promise<void> {
    try {
      this.#post({ kind: 'error', id, error: await recordOf(error) }, [])
    } catch (cause) {
      const other = new TypeError(`what the call threw can't be sent back: ${reasonOf(cause)}`)
      this.#post({ kind: 'error', id, error: await recordOf(other) }, [])
    }
  }

  async #load({ number, reference }: FunctionNumber): Promise<AnyFunction> {
    if (reference === undefined) throw new Error(`function ${number} was not named to this worker`) // a bug
    const fn = await importFunction(reference)
    this.#functions.set(number, fn)
    this.#post({ kind: 'loaded', number }, [])
    return fn
  }
}

async function recordOf(error: unknown): Promise<ErrorRecord> {
  const { packError } = await import('../transport/error-record.ts')
  return packError(error)
}
