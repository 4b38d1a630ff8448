import { repr } from '../inspect/repr.ts'

// biome-ignore lint/suspicious/noExplicitAny: a callback with whatever parameters; its arguments were checked where it came in
export type Callback = (...args: any[]) => unknown

/** @throws TypeError if `callback` is not a function, or is a `function*`, whose call would run nothing */
export function checkCallback(callback: Callback, method: string): void {
  if (typeof callback === 'function' && Object.getPrototypeOf(callback) !== generatorFunctionPrototype) return
  if (Object.prototype.toString.call(callback).startsWith('[object Generator')) {
    throw new TypeError(`coroutines cannot be used with ${method}(). Make a Task of it: createTask(…)`)
  }
  throw new TypeError(`a callable object was expected by ${method}(), got ${repr(callback)}`)
}

const generatorFunctionPrototype: object = Object.getPrototypeOf(function* () {})
