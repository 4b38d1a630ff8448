import { threadId } from 'node:worker_threads'
import { inspectSymbol } from '@spindle/loop/internal'

/** A number for an object, unique in this process. It is printed where Python prints an address. */
export function newIdentity(): number {
  count = (count + 1) % 2 ** 18
  return (threadId % 2 ** 12) * 2 ** 18 + count
}

/** `0x7f0000000010` for 1, as addresses look. */
export function formatIdentity(identity: number): string {
  return `0x7f${(identity * 16).toString(16).padStart(10, '0')}`
}

/** Makes `console.log` print the objects of a class as `toString()` does. */
export function printAsText(type: { readonly prototype: object }): void {
  const inspect = function (this: object): string {
    return `${this}`
  }
  Object.defineProperty(type.prototype, inspectSymbol, { value: inspect })
}

let count = 0
