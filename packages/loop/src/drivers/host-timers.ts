// The timers of the host, for the host loop. They are saved when this module loads, so that a test that installs fake
// timers, and removes them without advancing, does not stop a loop that others share. Timers that are fake already at
// that point are not saved.

type Callback = () => void

export interface HostTimer {
  ref?(): unknown
  unref?(): unknown
}

export interface HostTimers {
  readonly setTimeout: (callback: Callback, delay: number) => HostTimer
  readonly clearTimeout: (timer: HostTimer | undefined) => void
  readonly setImmediate: ((callback: Callback) => unknown) | undefined
  readonly queueMicrotask: (callback: Callback) => void
}

export const currentTimers: HostTimers = globalThis as unknown as HostTimers

let real = /* @__PURE__ */ copyTimers() // a bundle that never uses it omits it

export function realTimers(): HostTimers {
  if (real.isFake) real = copyTimers()
  return real
}

/** Copied as plain functions: a browser rejects calls of its timers as methods of another object. */
function copyTimers(): HostTimers & { readonly isFake: boolean } {
  const { setTimeout, clearTimeout, setImmediate, queueMicrotask } = currentTimers
  return {
    setTimeout: (callback, delay) => setTimeout(callback, delay),
    clearTimeout: (timer) => clearTimeout(timer),
    setImmediate: setImmediate && ((callback) => setImmediate(callback)),
    queueMicrotask: (callback) => queueMicrotask(callback),
    isFake: typeof setTimeout === 'function' && 'clock' in setTimeout, // the mark of Vitest, Jest and Sinon
  }
}

export function afterHostTurn(timers: HostTimers, callback: () => void): void {
  const { setImmediate } = timers // called as a function, because browsers reject a method call
  if (typeof setImmediate === 'function') {
    setImmediate(callback)
    return
  }
  if (typeof MessageChannel !== 'function') {
    timers.setTimeout(callback, 0)
    return
  }
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    callback()
  }
  port2.postMessage(undefined)
}

declare const MessageChannel:
  | (new () => {
      port1: { onmessage: (() => void) | null; close(): void }
      port2: { postMessage(message: undefined): void }
    })
  | undefined
