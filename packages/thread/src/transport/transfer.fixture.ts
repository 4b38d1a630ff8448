import type { MessagePort } from 'node:worker_threads'
import { currentThread, transfer } from '../index.ts'

/** Adds one to each byte, and sends them on without a copy. Nothing is left here: that is seen by the next call. */
export function increase<B extends Uint8Array | ArrayBuffer>(bytes: B): B {
  last = bytes
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  for (let n = 0; n < all.length; n++) all[n] = (all[n] ?? 0) + 1
  return transfer(bytes)
}

export function lengthOfLast(): number {
  return last.byteLength
}

let last: Uint8Array | ArrayBuffer = new Uint8Array(0)

export function sumOf({ parts }: { readonly parts: readonly Uint8Array[] }): number {
  return parts.flatMap((part) => [...part]).reduce((a, b) => a + b, 0)
}

export function twice(): [ArrayBuffer, ArrayBuffer] {
  const buffer = transfer(new ArrayBuffer(1))
  return [buffer, buffer]
}

export function keepThenGiveAgain(): ArrayBuffer {
  kept ??= new ArrayBuffer(1)
  return transfer(kept)
}

let kept: ArrayBuffer | undefined

export function greet(port: MessagePort): void {
  port.postMessage(`hello from ${currentThread().name}`)
  port.close()
}

export function fill(bytes: Uint8Array, answer: MessagePort): void {
  answer.postMessage(transfer(bytes.fill(7)))
  answer.close()
}
