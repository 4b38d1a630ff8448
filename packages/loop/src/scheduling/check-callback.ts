import { repr } from '../inspect/repr.ts'
import type { Callback } from './handle.ts'

/** @throws TypeError if `callback` is not a function, or is a `function*`, whose call would run nothing */
export function checkCallback(callback: Callback, method: string): void {
  if (typeof callback === 'function' && !isGeneratorFunction(callback)) return
  if (typeof callback === 'function' || isGenerator(callback)) {
    throw new TypeError(`coroutines cannot be used with ${method}(). Make a Task of it: createTask(…)`)
  }
  throw new TypeError(`a callable object was expected by ${method}(), got ${repr(callback)}`)
}

const generatorFunctionPrototype: object = Object.getPrototypeOf(function* () {})

function isGeneratorFunction(value: object): boolean {
  return Object.getPrototypeOf(value) === generatorFunctionPrototype
}

function isGenerator(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Generator]'
}
