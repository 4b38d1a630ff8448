// The side of a worker: runs one call after another, each to its end. A thread starts in half the time because modules
// that few calls need are loaded on first use.

import { awaitResult } from '../transport/await-result.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import { importFunction } from '../transport/import-function.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { discard, type Packed, pack, type Transferable, unpackFirst } from '../transport/serialize.ts'
import { reportLeftBehind, watchForUncaught } from '../transport/uncaught.ts'
import { type CurrentCall, runAs } from './current-call.ts'
import type { WorkerSetup } from './pool-options.ts'
import type { FromWorker, FunctionNumber, ToWorker } from './protocol.ts'

export type Post = (message: FromWorker, transfer: readonly Transferable[]) => void

export class CallRunner {
  readonly #post: Post
  readonly #setup: WorkerSetup
  readonly #functions = new Map<number, AnyFunction>() // by their numbers
  #last = 'the initializer'

  /** @param where the name of the worker */
  constructor(post: Post, where: string, setup: WorkerSetup) {
    this.#post = post
    this.#setup = setup
    const send = async (call: string, reason: unknown): Promise<void> =>
      post({ kind: 'left-behind', call, where, value: await recordOf(reason) }, [])
    watchForUncaught()
    reportLeftBehind(where, () => this.#last, setup.isHandled ? send : undefined)
  }

  /** Runs the initializer. Returns whether calls may come. */
  async initialize(): Promise<boolean> {
    const { initializer, initArgs } = this.#setup
    try {
      if (initializer !== undefined) await awaitResult((await importFunction(initializer))(...initArgs))
      this.#post({ kind: 'ready' }, [])
      return true
    } catch (error) {
      console.error('Exception in initializer:', error)
      this.#post({ kind: 'refused', value: await recordOf(error) }, [])
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

  /** Fails a call whose arguments can't be read. */
  async refuse(id: number, reason: unknown): Promise<void> {
    await this.#fail(id, unreadableArgs(reason))
  }

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
      throw unreadableArgs(cause)
    }
    const fn = this.#functions.get(message.fn.number) ?? (await this.#load(message.fn))
    this.#last = fn.name
    if (message.how === 'one') return awaitResult(fn(...args))
    if (message.how === 'stream') return await this.#stream(message.id, fn, args, call)
    const values = []
    for (const some of args as unknown[][]) values.push(await awaitResult(fn(...some)))
    return values
  }

  /** Sends the items of the function while the other side grants credit. */
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
      this.#post({ kind: 'error', id, value: await recordOf(error) }, [])
    } catch (cause) {
      const other = new TypeError(`what the call threw can't be sent back: ${reasonOf(cause)}`)
      this.#post({ kind: 'error', id, value: await recordOf(other) }, [])
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

function unreadableArgs(cause: unknown): TypeError {
  return new TypeError(`the args of the call can't be read: ${reasonOf(cause)}`, { cause })
}

async function recordOf(error: unknown): Promise<Packed> {
  const { packError } = await import('../transport/error-record.ts')
  return { value: packError(error), standIns: undefined }
}
