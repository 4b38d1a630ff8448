// The timers of the host for the loop that is always there. They are taken when this module loads: a test that puts
// fake ones in their place, and drops them without advancing, must not stop a loop that others share. Fakes that were
// there before are not kept.

type Callback = () => void

/** A timer of Node can let the process end. */
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

/** The timers as they are now, fake ones or not. */
export const currentTimers: HostTimers = globalThis as unknown as HostTimers

let real = /* @__PURE__ */ takeTimers() // a bundle that does not use it leaves it out

/** Those of the host itself. */
export function realTimers(): HostTimers {
  if (real.isFake) real = takeTimers()
  return real
}

/** As functions that need no `this`: a browser refuses to call its own as methods of another object. */
function takeTimers(): HostTimers & { readonly isFake: boolean } {
  const { setTimeout, clearTimeout, setImmediate, queueMicrotask } = currentTimers
  return {
    setTimeout: (callback, delay) => setTimeout(callback, delay),
    clearTimeout: (timer) => clearTimeout(timer),
    setImmediate: setImmediate && ((callback) => setImmediate(callback)),
    queueMicrotask: (callback) => queueMicrotask(callback),
    isFake: typeof setTimeout === 'function' && 'clock' in setTimeout, // those of Vitest, Jest and Sinon carry their clock
  }
}
