// The side of a worker: runs calls, each to its end. A thread starts in half the time because modules that few calls
// need are loaded on first use.

import { awaitResult } from '../transport/await-result.ts'
import type { AnyFunction } from '../transport/function-reference.ts'
import { illness, watchGlobals } from '../transport/illness.ts'
import { importFunction } from '../transport/import-function.ts'
import { reasonOf } from '../transport/reason-of.ts'
import { isObject, type Packed, packAndSend, type Transferable, unpackFirst } from '../transport/serialize.ts'
import { reportLeftBehind, watchForUncaught } from '../transport/uncaught.ts'
import { type CallHost, CurrentCall, leaveCall, runAs, runSeveral } from './current-call.ts'
import type { WorkerSetup } from './pool-options.ts'
import type { Call, FromWorker, ToWorker } from './protocol.ts'
import { Slots } from './slots.ts'

export type Post = (message: FromWorker, transfer: readonly Transferable[]) => void

export class CallRunner {
  readonly #post: Post
  readonly #setup: WorkerSetup
  readonly #host: CallHost
  readonly #functions = new Map<number, AnyFunction>() // by their numbers
  readonly #running: Slots<CurrentCall>
  #last = 'the initializer'
  #unbegun = 0 // the last call whose module could not be loaded

  /** @param where the name of the worker; `slots`: how many calls it has at most */
  constructor(post: Post, where: string, setup: WorkerSetup, slots: number, host: Omit<CallHost, 'sendProgress'>) {
    this.#post = post
    this.#setup = setup
    this.#host = { ...host, sendProgress: (value, id) => this.#send('progress', id, value, NO_PROGRESS) }
    this.#running = new Slots(slots)
    if (setup.callsPerWorker > 1) runSeveral()
    const send = async (call: string, reason: unknown): Promise<void> =>
      post({ kind: 'left-behind', call, where, value: await recordOf(reason) }, [])
    watchForUncaught()
    watchGlobals()
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

  /** How many calls run. */
  get running(): number {
    return this.#running.size
  }

  /** Runs a call, and posts how it ended. Returns nothing if that was at once: promises would be most of its cost. */
  run(message: Call): Promise<void> | undefined {
    const { id, isTimed, credit } = message
    const call = new CurrentCall(this.#host, id, credit)
    this.#running.put(id, call)
    if (isTimed) this.#post({ kind: 'begun', id }, [])
    try {
      const result = runAs(call, () => this.#call(message, call))
      if (isObject(result)) return this.#finish(id, result)
      this.#send('result', id, result, NO_RESULT)
      this.#leave(id)
    } catch (error) {
      return this.#fail(id, error)
    }
    return undefined
  }

  async #finish(id: number, result: unknown): Promise<void> {
    try {
      this.#send('result', id, await result, NO_RESULT)
      this.#leave(id)
    } catch (error) {
      await this.#fail(id, error)
    }
  }

  /** At once: the pool may use the slot again. */
  #leave(id: number): void {
    this.#running.delete(id)
    leaveCall()
  }

  /** Receives a message for a running call. */
  take(message: ToWorker): void {
    if (message.kind === 'stop') this.#running.get(message.id)?.stop()
    else if (message.kind === 'credit') this.#running.get(message.id)?.grant(message.count)
  }

  /** Fails a call whose arguments can't be read. */
  async refuse(id: number, reason: unknown): Promise<void> {
    await this.#fail(id, unreadableArgs(reason))
  }

  #call(message: Call, call: CurrentCall): unknown {
    const fn = this.#functions.get(message.fn)
    if (fn === undefined || message.how !== 'one' || message.args.standIns !== undefined)
      return this.#prepare(message, call)
    this.#last = fn.name
    return awaitResult(fn(...(message.args.value as unknown[])))
  }

  /** Makes a call that has to be awaited in any case. */
  async #prepare(message: Call, call: CurrentCall): Promise<unknown> {
    let args: unknown[]
    try {
      args = (await unpackFirst(message.args)) as unknown[]
    } catch (cause) {
      throw unreadableArgs(cause)
    }
    const fn = this.#functions.get(message.fn) ?? (await this.#load(message))
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
      try {
        this.#send('item', id, value, `what ${fn.name}() yielded can't be sent`)
      } catch (error) {
        await iterator.return?.()
        throw error
      }
    }
  }

  /** @throws TypeError if the value can't be sent */
  #send(kind: 'result' | 'item' | 'progress', id: number, value: unknown, failure: string): void {
    packAndSend(value, failure, (packed, transfer) => this.#post({ kind, id, value: packed }, transfer))
  }

  async #fail(id: number, error: unknown): Promise<void> {
    const how = illness(error)
    if (how !== undefined) this.#post({ kind: 'ill', id, how, isUnbegun: id === this.#unbegun }, [])
    try {
      this.#post({ kind: 'error', id, value: await recordOf(error) }, [])
    } catch (cause) {
      const other = new TypeError(`what the call threw can't be sent back: ${reasonOf(cause)}`)
      this.#post({ kind: 'error', id, value: await recordOf(other) }, [])
    }
    this.#leave(id)
  }

  async #load({ id, fn: number, reference }: Call): Promise<AnyFunction> {
    if (reference === undefined) throw new Error(`function ${number} was not named to this worker`) // a bug
    this.#unbegun = id
    const fn = await importFunction(reference)
    this.#unbegun = 0
    this.#functions.set(number, fn)
    this.#post({ kind: 'loaded', number }, [])
    return fn
  }
}

const NO_RESULT = "the result of the call can't be sent back"
const NO_PROGRESS = "the progress can't be sent"

function unreadableArgs(cause: unknown): TypeError {
  return new TypeError(`the args of the call can't be read: ${reasonOf(cause)}`, { cause })
}

async function recordOf(error: unknown): Promise<Packed> {
  const packed = import('../transport/error-record.ts').then(({ packError }) => packError(error))
  // If no file can be opened, it goes without its own properties.
  return { value: await packed.catch(() => ({ kind: 'value', value: error })), standIns: undefined }
}
