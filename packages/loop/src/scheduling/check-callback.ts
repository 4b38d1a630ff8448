import { repr } from '../inspect/repr.ts'
import type { Callback } from './handle.ts'

/** @throws TypeError if `callback` is not a function, or is a `function*`, whose call would run nothing */
export function checkCallback(callback: Callback, method: string): void {
  if (typeof callback === 'function' && Object.getPrototypeOf(callback) !== generatorFunctionPrototype) return
  if (Object.prototype.toString.call(callback).startsWith('[object Generator')) {
    throw new TypeError(`coroutines cannot be used with ${method}(). Make a Task of it: createTask(…)`)
  }
  throw new TypeError(`a callable object was expected by ${method}(), got ${repr(callback)}`)
}

const generatorFunctionPrototype: object = Object.getPrototypeOf(function* () {})
