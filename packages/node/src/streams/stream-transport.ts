// Between a stream of Node and the StreamReader and StreamWriter of it: chunks are fed to the reader, which holds
// the sender back by it; writers that wait for room, or for the end, wait here. The stream may be replaced by one that
// encrypts.

import { Socket } from 'node:net'
import { Duplex, Readable, Writable } from 'node:stream'
import type { EventLoop } from '@spindle/loop'
import { ambient, HostFuture, repr, resumeInline } from '@spindle/loop/internal'
import type { ReadBuffer, ReadingTransport } from './read-buffer.ts'
import type { StreamReader } from './stream-reader.ts'

/** The streams from which a `StreamReader` can be made. */
export type ReadableSource = Readable | NodeJS.ReadableStream | { getReader(): unknown }

/** The streams from which a `StreamWriter` can be made. */
export type WritableTarget = Writable | NodeJS.WritableStream | { getWriter(): unknown }

type AnyStream = Readable | Writable | Duplex

export class StreamTransport implements ReadingTransport {
  #stream: AnyStream
  readonly #reader: StreamReader | undefined
  readonly #loop: EventLoop | undefined
  readonly #isOurs: boolean
  /** The name or address that was connected to, which TLS checks. */
  readonly host: string | undefined
  /** Called when a client does not shake hands; set on the side of a server. */
  readonly #onFailedHandshake: (() => void) | undefined
  readonly #drained = new Set<HostFuture<void>>()
  readonly #ended = new Set<HostFuture<void>>()
  // Feeds the reader, as long as the transport owns the stream.
  #onData: (chunk: unknown) => void = () => {}
  #failure: { readonly error: unknown } | undefined
  #lost: Error | undefined
  #isClosing = false
  #endsWriting = false

  /**
   * @param loop destroys the stream when it closes; otherwise it would keep the process alive
   * @param isOurs whether the stream is closed then; one that others have made is only let go
   */
  constructor(
    stream: AnyStream,
    reader?: StreamReader,
    loop: EventLoop | undefined = ambient.runningLoop,
    isOurs = false,
    host?: string,
    onFailedHandshake?: () => void,
  ) {
    this.#stream = stream
    this.#reader = reader
    this.#loop = loop
    this.#isOurs = isOurs
    this.host = host
    this.#onFailedHandshake = onFailedHandshake
    reader?.setTransport(this)
    if (reader !== undefined) reader.buffer.isFedByHost = true
    loop?.closeCallbacks.add(this.#abandon)
    this.#attach()
  }

  get stream(): AnyStream {
    return this.#stream
  }

  get reader(): StreamReader | undefined {
    return this.#reader
  }

  get isClosing(): boolean {
    return this.#isClosing || this.#stream.destroyed
  }

  get isClosed(): boolean {
    return this.#stream.closed || (this.#endsWriting && (this.#stream as Writable).writableFinished)
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Throws what broke the stream. It may be closed before its 'close' event, and its reader is at its end then. */
  checkClosed(): void {
    if (this.#stream.closed) this.#onClose()
    this.check()
  }

  lost(): Error {
    this.#lost ??= connectionLost()
    return this.#lost
  }

  /** The other end does not shake hands: whatever reads or writes here gets this error. */
  failHandshake(error: Error): void {
    this.#failure ??= { error }
    this.#reader?.setException(error)
    this.#onFailedHandshake?.()
  }

  /** Whether the other end has caused this error, of the reader or the writer. */
  isSourceOf(error: unknown): boolean {
    if (this.#reader?.buffer.isSourceOf(error) === true || error === this.#lost) return true
    return this.#failure !== undefined && error === this.#failure.error
  }

  pauseReading(): void {
    if (this.#stream instanceof Readable) this.#stream.pause()
  }

  resumeReading(): void {
    if (this.#stream instanceof Readable) this.#stream.resume()
  }

  /**
   * Closes the stream when everything is written. A socket closes in both directions. Any other Duplex (a Transform:
   * gzip, a cipher) ends its writable side only, because there may be more to read, which would be lost.
   */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    const stream = this.#stream as AnyStream & { destroySoon?(): void }
    if (typeof stream.destroySoon === 'function') stream.destroySoon()
    else if (stream instanceof Duplex) {
      this.#endsWriting = true
      stream.end()
      if (stream.writableFinished) this.#settleEnded()
    } else if (stream instanceof Writable) stream.end(() => stream.destroy())
    else stream.destroy()
  }

  abort(): void {
    this.#isClosing = true
    this.#stream.destroy()
  }

  drained(): HostFuture<void> {
    return this.#waitAmong(this.#drained, 'StreamWriter.drain()')
  }

  ended(): HostFuture<void> {
    return this.#waitAmong(this.#ended, 'StreamWriter.waitClosed()')
  }

  /** Leaves the stream, so that another can be put over it. Nothing is read until then. */
  detach(): AnyStream {
    const stream = this.#stream
    this.pauseReading()
    for (const [name, listener] of this.#listeners) stream.off(name, listener)
    stream.off('data', this.#onData)
    stream.on('error', () => {}) // the stream over it has the error as well
    return stream
  }

  replace(stream: AnyStream): void {
    this.#stream = stream
    this.#attach()
  }

  // Node calls this one and the one for data with nothing else on the stack: the waiter is resumed right here, if its
  // loop sleeps.
  readonly #onEnd = (): void => {
    const buffer = this.#reader?.buffer
    if (buffer?.waitingLoop === undefined) buffer?.feedEof()
    else resumeInline(buffer.waitingLoop, () => buffer.feedEof())
  }

  // At the end as well: Node emits no 'drain' then.
  readonly #onDrain = (): void => {
    for (const waiting of this.#drained) waiting.resolve()
    this.#drained.clear()
    if (this.#endsWriting && (this.#stream as Writable).writableFinished) this.#settleEnded()
  }

  readonly #onError = (error: unknown): void => {
    this.#failure ??= { error }
    this.#reader?.setException(error)
    this.#settle(this.#drained, error)
    // Node emits no 'close' for a socket that is reset while it ends: all would wait for it forever.
    if ((error as { syscall?: unknown } | null)?.syscall === 'reset') this.#stream.emit('close', true)
  }

  readonly #onClose = (): void => {
    this.#loop?.closeCallbacks.delete(this.#abandon)
    this.#stream.off('data', this.#onData) // Node may still emit chunks that it held back
    if (this.#failure === undefined) this.#reader?.feedEof()
    this.#settle(this.#drained, this.#failure?.error ?? this.lost())
    if (this.#failure !== undefined) return this.#settle(this.#ended, this.#failure.error)
    this.#settleEnded()
  }

  readonly #abandon = (): void => {
    if (this.#isOurs) this.abort()
    else this.detach()
  }

  readonly #listeners: readonly (readonly [name: string, listener: (argument: unknown) => void])[] = [
    ['error', this.#onError],
    ['end', this.#onEnd],
    ['drain', this.#onDrain],
    ['finish', this.#onDrain],
    ['close', this.#onClose],
  ]

  #attach(): void {
    const stream = this.#stream
    for (const [name, listener] of this.#listeners) stream.on(name, listener)
    if (this.#reader !== undefined && stream instanceof Readable) {
      this.#onData = feeding(this.#reader.buffer, stream)
      stream.on('data', this.#onData) // the last: with it the stream begins to flow
      stream.resume() // in case it was paused before
    }
    // Events from before the listeners were added.
    if (stream.errored) this.#onError(stream.errored)
    if (stream.closed) this.#onClose()
    else if (this.#reader !== undefined && stream instanceof Readable && stream.readableEnded) this.#onEnd()
  }

  #settleEnded(): void {
    for (const waiting of this.#ended) waiting.resolve()
    this.#ended.clear()
  }

  #waitAmong(waiting: Set<HostFuture<void>>, label: string): HostFuture<void> {
    const future = new HostFuture<void>(label, () => waiting.delete(future))
    waiting.add(future)
    return future
  }

  #settle(waiting: Set<HostFuture<void>>, error: unknown): void {
    for (const future of waiting) future.reject(error)
    waiting.clear()
  }
}

/**
 * Feeds a reader with what arrives. Its waiter is resumed right here, too. A socket's data come one by one from
 * Node's own loop; other streams may be fed by microtasks without end. It knows the buffer by itself: with thousands of
 * connections each object on the way to the waiter has to be fetched from memory.
 */
function feeding(buffer: ReadBuffer, stream: Readable): (chunk: unknown) => void {
  const isSocket = stream instanceof Socket
  return (chunk) => {
    const driver = buffer.waitingLoop?.driver
    const hasTurn = driver?.claimTurn() === true
    try {
      if (chunk instanceof Uint8Array) buffer.feedData(chunk)
      else if (typeof chunk === 'string') buffer.feedData(Buffer.from(chunk))
      else stream.destroy(new TypeError(`a StreamReader reads bytes, but the stream produced ${repr(chunk)}`))
    } finally {
      if (hasTurn) driver?.runClaimedTurn(isSocket)
    }
  }
}

/** For writing to a connection that is gone. Python: `ConnectionResetError`. */
export function connectionLost(): Error {
  return Object.assign(new Error('Connection lost'), { code: 'ECONNRESET' })
}

export function readableOf(source: unknown): Readable {
  if (source instanceof Readable) return source
  if (typeof (source as { getReader?: unknown } | null)?.getReader === 'function')
    return Readable.fromWeb(source as never)
  if (isOldStream(source)) return new Readable().wrap(source as NodeJS.ReadableStream)
  throw new TypeError(`a Readable or a ReadableStream is required, got ${repr(source)}`)
}

export function writableOf(target: unknown): Writable {
  if (target instanceof Writable || target instanceof Duplex) return target as Writable
  if (typeof (target as { getWriter?: unknown } | null)?.getWriter === 'function')
    return Writable.fromWeb(target as never)
  throw new TypeError(`a Writable or a WritableStream is required, got ${repr(target)}`)
}

function isOldStream(source: unknown): boolean {
  return typeof (source as { on?: unknown; pause?: unknown } | null)?.pause === 'function'
}
