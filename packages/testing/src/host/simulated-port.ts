// The ports of a MessageChannel whose messages are events of the simulated host. As on Node, a port has the methods of
// an EventEmitter as well, and messages wait as long as nothing listens to them.

import { isNode } from './node.ts'
import type { SimulatedHost } from './simulated-host.ts'

type Listener = (data: unknown) => unknown
type OnMessage = ((event: Event) => unknown) | null
type Transfer = readonly object[]

interface ListenerOptions {
  readonly once?: boolean
}

/** A MessageChannel. */
export function simulatedChannel(host: SimulatedHost): object {
  const [port1, port2] = [new SimulatedPort(host), new SimulatedPort(host)]
  port1.other = port2
  port2.other = port1
  return { port1, port2 }
}

class SimulatedPort extends EventTarget {
  other: SimulatedPort | undefined
  readonly addListener: SimulatedPort['on'] = this.on
  readonly removeListener: SimulatedPort['off'] = this.off
  readonly #host: SimulatedHost
  #onmessage: OnMessage = null
  #isStarted = false
  // The listeners for messages, and whether they are for one only.
  readonly #listeners = new Map<unknown, boolean>()
  // The messages that have come while it was not started.
  readonly #early: unknown[] = []
  // What is registered in place of a listener of the kind of an EventEmitter, which receives the data.
  readonly #wrapped = new Map<Listener, (event: Event) => unknown>()

  constructor(host: SimulatedHost) {
    super()
    this.#host = host
  }

  get onmessage(): OnMessage {
    return this.#onmessage
  }

  set onmessage(listener: OnMessage) {
    if (this.#onmessage !== null) this.removeEventListener('message', this.#onmessage as never)
    this.#onmessage = listener
    if (listener === null) return
    this.addEventListener('message', listener as never)
    this.start()
  }

  postMessage(data: unknown, options: Transfer | { readonly transfer?: Transfer } = []): void {
    const { other } = this
    const clone: unknown = structuredClone(data, (Array.isArray(options) ? { transfer: options } : options) as object)
    if (other !== undefined) this.#host.setImmediate(() => other.#receive(clone))
  }

  start(): void {
    this.#isStarted = true
    for (const data of this.#early.splice(0)) this.#host.setImmediate(() => this.#receive(data))
  }

  close(): void {
    for (const end of [this, this.other]) this.#host.setImmediate(() => end?.dispatchEvent(new Event('close')))
    if (this.other !== undefined) this.other.other = undefined
    this.other = undefined
  }

  override addEventListener(name: string, listener: never, options: ListenerOptions = {}): void {
    super.addEventListener(name, listener, options)
    if (name !== 'message') return
    this.#listeners.set(listener, options.once === true)
    if (isNode()) this.start() // in a page, only `onmessage` and `start()` do that
  }

  override removeEventListener(name: string, listener: never): void {
    super.removeEventListener(name, listener)
    if (name === 'message') this.#forget(listener)
  }

  on(name: string, listener: Listener, options: ListenerOptions = {}): this {
    const wrapped = this.#wrapped.get(listener) ?? ((event) => listener.call(this, (event as MessageEvent).data))
    this.#wrapped.set(listener, wrapped)
    this.addEventListener(name, wrapped as never, options)
    return this
  }

  once(name: string, listener: Listener): this {
    return this.on(name, listener, { once: true })
  }

  off(name: string, listener: Listener): this {
    this.removeEventListener(name, (this.#wrapped.get(listener) ?? listener) as never)
    return this
  }

  removeAllListeners(name = 'message'): this {
    for (const listener of this.#wrapped.keys()) this.off(name, listener)
    return this
  }

  ref(): void {}
  unref(): void {}

  #forget(listener: unknown): void {
    this.#listeners.delete(listener)
    if (isNode() && this.#listeners.size === 0) this.#isStarted = false
  }

  #receive(data: unknown): void {
    if (!this.#isStarted) {
      this.#early.push(data)
      return
    }
    const forOne = [...this.#listeners].filter(([, isOnce]) => isOnce)
    for (const [listener] of forOne) this.#forget(listener)
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }
}
