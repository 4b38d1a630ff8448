import { EventEmitter } from 'eventemitter3'

/** The events of a pool, by name. */
export interface PoolEventMap {
  /** A worker starts. They are counted from 0 on. */
  'worker:started': { readonly worker: number }
  /** A worker has ended. `how`: the reason, unless the pool has ended it. */
  'worker:ended': { readonly worker: number; readonly how: string | undefined }
  /** A thread has printed something, of a pool made with `stdio: 'pipe'`. */
  'worker:output': { readonly worker: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** A call was submitted. */
  'call:queued': { readonly name: string }
  /** A worker received the call, after `waitTime` ms. Not emitted for calls on other machines. */
  'call:started': { readonly name: string; readonly worker: number; readonly waitTime: number }
  /**
   * A free worker has not begun the call `name` for 5 seconds: the call `after`, or an earlier one, has left something
   * running there; or its module still loads. A call that has a `timeout` is ended then, together with the worker.
   */
  'worker:busy': { readonly worker: number; readonly name: string; readonly after: string }
  /** The call has ended, after `runTime` ms (0 on another machine); with `error`, if it has failed. */
  'call:done': { readonly name: string; readonly worker: number; readonly runTime: number; readonly error?: unknown }
  /** No call waits any more. */
  drain: Readonly<Record<string, never>>
}

/** The events of a pool: an emitter of eventemitter3. */
export type PoolEvents = EventEmitter<{ [Name in keyof PoolEventMap]: (event: PoolEventMap[Name]) => void }>

/** The emitter of a pool, made on first use. */
export class PoolEmitter {
  #events: PoolEvents | undefined

  get events(): PoolEvents {
    this.#events ??= new EventEmitter()
    return this.#events
  }

  /** Whether there is a listener. A call makes no event that nothing hears. */
  hears(name: keyof PoolEventMap): boolean {
    return this.#events !== undefined && this.#events.listenerCount(name) > 0
  }

  emit<Name extends keyof PoolEventMap>(name: Name, event: PoolEventMap[Name]): void {
    try {
      this.#events?.emit(name, ...([event] as never)) // it is the event of that name
    } catch (error) {
      console.error(`Exception in a listener for '${name}' of a pool\n`, error)
    }
  }
}
