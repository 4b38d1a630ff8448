import { types } from 'node:util'
import { MessagePort } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
import { markToMove } from './serialize.ts'

/**
 * Moves a buffer to the other thread instead of copying it: in the arguments of a call or of a Thread, or in the result
 * of a call, at any depth. It is empty here (`byteLength` is 0) as soon as a worker takes the call. A typed array or
 * DataView moves its whole buffer. A Buffer that shares its memory with others is copied, like every buffer for a
 * process or a Queue. A MessagePort always moves. An addition: Python's threads share their memory.
 *
 * @param value a buffer, a port or a stream; empty here afterwards
 * @returns `value` itself
 * @throws TypeError if it can't move. A buffer that was moved before fails the call.
 *
 * @example
 * ```ts no-run
 * import { isMain, ThreadPoolExecutor, transfer } from 'spindle/thread'
 *
 * export function invert(pixels: Uint8Array): Uint8Array {
 *   for (let n = 0; n < pixels.length; n++) pixels[n] = 255 - (pixels[n] ?? 0)
 *   return transfer(pixels)
 * }
 *
 * if (isMain(import.meta)) {
 *   const executor = new ThreadPoolExecutor(1)
 *   const pixels = new Uint8Array(64 * 2 ** 20)
 *   const inverted = executor.submit(invert, transfer(pixels)).result()
 *   console.log(pixels.length, inverted.length)
 *   executor.shutdown()
 * }
 * ```
 */
export function transfer<T extends object>(value: T): T {
  if (value instanceof MessagePort) return value
  const buffer: unknown = ArrayBuffer.isView(value) ? value.buffer : value
  if (types.isSharedArrayBuffer(buffer))
    throw new TypeError('transfer() can not move shared memory, which both sides have anyway: pass it as it is')
  if (!types.isArrayBuffer(buffer))
    throw new TypeError(`transfer() takes an ArrayBuffer, a view of one, or a MessagePort, got ${repr(value)}`)
  // Small Buffers lie side by side in memory that Node keeps for itself.
  if (!(Buffer.isBuffer(value) && value.byteLength < buffer.byteLength)) markToMove(buffer)
  return value
}
