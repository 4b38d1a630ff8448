import { Writable } from 'node:stream'
import { connectionLost } from './stream-transport.ts'

/** Written to like a stream, but not a `Writable`: a response or request of `node:http` or `node:http2`. */
export interface OldWritable {
  readonly writableFinished?: boolean
  readonly stream?: { readonly aborted?: boolean }
  readonly closed?: boolean
  readonly destroyed?: boolean
  write(chunk: Uint8Array): boolean
  end(callback: () => void): unknown
  destroy?(error?: Error): unknown
  on(name: 'drain' | 'close' | 'error', listener: (error?: Error) => void): unknown
}

export function isOldWritable(target: unknown): target is OldWritable {
  const { write, end, on } = (target ?? {}) as Partial<Record<keyof OldWritable, unknown>>
  return typeof write === 'function' && typeof end === 'function' && typeof on === 'function'
}

/**
 * A Writable that passes everything on. Its end is the end of the response, and the connection stays open for the next
 * one; if it is destroyed before, so is the connection. A client that leaves breaks it.
 */
export function wrapOldWritable(target: OldWritable): Writable {
  let passOn: (() => void) | undefined // waits for room
  const writable = new Writable({
    write(chunk: Uint8Array, _encoding, callback) {
      if (target.write(chunk)) callback()
      else passOn = callback
    },
    final: (callback) => void target.end(callback),
    destroy(error, callback) {
      if (!isComplete(target)) target.destroy?.(error ?? undefined)
      callback(error)
    },
  })
  target.on('drain', () => {
    const callback = passOn
    passOn = undefined
    callback?.()
  })
  target.on('error', (error) => void writable.destroy(error))
  target.on('close', () => {
    if (!isComplete(target) || !writable.writableEnded) writable.destroy(connectionLost())
  })
  if (target.destroyed === true || target.closed === true) writable.destroy(connectionLost())
  return writable
}

/** Whether all of it was sent. A stream of HTTP/2 that was reset is finished, too. */
function isComplete(target: OldWritable): boolean {
  return target.writableFinished === true && target.stream?.aborted !== true
}
