import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import type { CipherNameAndProtocol, PeerCertificate, TlsOptions } from 'node:tls'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { inspectSymbol } from '@spindle/loop/internal'
import { sleep } from '@spindle/task'
import { DrainOperation } from './drain-operation.ts'
import { type ClientTlsOptions, encrypt } from './encrypt.ts'
import { isOldWritable, wrapOldWritable } from './old-writable.ts'
import { StreamTransport, type WritableTarget, writableOf } from './stream-transport.ts'

/** The information that `StreamWriter.getExtraInfo` returns, if available. */
export interface ExtraInfo {
  readonly peerName: readonly [address: string, port: number]
  readonly sockName: readonly [address: string, port: number]
  readonly socket: Socket
  /** The certificate of the other end of a TLS connection. */
  readonly peerCertificate: PeerCertificate
  /** How a TLS connection is encrypted. */
  readonly cipher: CipherNameAndProtocol
}

/**
 * How `StreamWriter.startTls` encrypts: as `openConnection` does, or on the side of a server as `startServer`, with its
 * certificate and key.
 */
export type StartTlsOptions = ClientTlsOptions & TlsOptions

// How long drain() may continue without a turn of the loop, and how many calls pass before it looks at the clock.
const TURN_EVERY_MS = 5
const DRAINS_BETWEEN_LOOKS = 16

/**
 * Writes bytes: to a connection, a subprocess, or (by `StreamWriter.from`) to any stream of Node or the web. `write`
 * accepts any amount; awaiting `drain` after it holds back a writer that is faster than the reader. asyncio:
 * `asyncio.StreamWriter`.
 *
 * @example
 * ```ts
 * import { PassThrough } from 'node:stream'
 * import { type Coroutine, run } from 'spindle'
 * import { StreamReader, StreamWriter } from 'spindle/node'
 *
 * function* main(): Coroutine<void> {
 *   const pipe = new PassThrough()
 *   const reader = StreamReader.from(pipe)
 *   const writer = StreamWriter.from(pipe)
 *   writer.write('hello\n')
 *   yield* writer.drain()
 *   console.log(String(yield* reader.readLine()).trim()) // prints: hello
 *   writer.close()
 *   yield* writer.waitClosed()
 * }
 * await run(main())
 * ```
 */
export class StreamWriter {
  readonly #transport: StreamTransport
  readonly #isServer: boolean
  // Node forgets them when the connection is closed.
  readonly #peerName: unknown
  readonly #sockName: unknown
  #isClosed = false
  #hasEnded = false
  #drains = 0
  #lastTurn = 0

  /** @internal */
  constructor(transport: StreamTransport, isServer = false) {
    this.#transport = transport
    this.#isServer = isServer
    this.#peerName = extraInfo(this.transport, 'peerName')
    this.#sockName = extraInfo(this.transport, 'sockName')
  }

  /**
   * A writer to any Writable of Node, or WritableStream of the web, and to the requests and responses of `node:http`
   * and `node:http2`: `close` ends a response, and leaves its connection open.
   */
  static from(target: WritableTarget): StreamWriter {
    const isOld = isOldWritable(target) && !(target instanceof Writable)
    return new StreamWriter(new StreamTransport(isOld ? wrapOldWritable(target) : writableOf(target)))
  }

  get transport(): Writable {
    return this.#transport.stream as Writable // made of one that is written to
  }

  /**
   * Writes, without waiting. What can't be sent yet is kept. If the other end is gone, it is dropped, and `drain`
   * throws.
   * @throws RuntimeError after `close` or `writeEof`
   */
  write(data: string | Uint8Array): void {
    if (this.#isClosed) throw new RuntimeError(`Cannot call write() after close(): ${this}`)
    if (this.#hasEnded) throw new RuntimeError(`Cannot call write() after writeEof(): ${this}`)
    if (!this.#transport.isClosing && !this.transport.writableEnded) this.transport.write(data)
  }

  /** Writes several, as one where possible. asyncio: `writer.writelines`. */
  writeLines(lines: Iterable<string | Uint8Array>): void {
    const stream = this.transport
    stream.cork()
    try {
      for (const line of lines) this.write(line)
    } finally {
      stream.uncork()
    }
  }

  /**
   * Waits until there is room to write again; if there is, only for a turn of the loop each few ms, so that the rest of
   * the program continues however fast the other end reads.
   * @throws what broke the stream; an error with the code `ECONNRESET` if it is closed
   */
  drain(): Coroutine<void> {
    return new DrainOperation(this).asCoroutine()
  }

  /** Whether `drain` has to wait. Throws what `drain` throws. @internal */
  mustDrain(): boolean {
    const transport = this.#transport
    transport.check()
    const failed = transport.reader?.exception()
    if (failed !== undefined) throw failed
    return transport.isClosing || this.transport.writableNeedDrain || this.#isTurnDue()
  }

  #isTurnDue(): boolean {
    if (++this.#drains % DRAINS_BETWEEN_LOOKS > 0) return false
    const now = performance.now()
    const isDue = now - this.#lastTurn > TURN_EVERY_MS
    if (isDue) this.#lastTurn = now
    return isDue
  }

  /** @internal */
  *waitForRoom(): Coroutine<void> {
    const transport = this.#transport
    if (transport.isClosing) {
      yield* sleep(0) // or a loop that writes and drains would never see it
      transport.check()
      if (this.transport.destroyed) throw transport.lost()
    }
    if (this.transport.writableNeedDrain) yield* transport.drained()
    else if (!transport.isClosing) yield* sleep(0)
  }

  canWriteEof(): boolean {
    return !('encrypted' in this.transport)
  }

  /**
   * Ends this direction of the connection, after the pending bytes; reading continues. asyncio:
   * `writer.write_eof`.
   * @throws RuntimeError over TLS
   */
  writeEof(): void {
    if (!this.canWriteEof()) {
      throw new RuntimeError('writeEof() is not possible over TLS: use close(), which ends both directions')
    }
    if (this.#hasEnded || this.#isClosed) return
    this.#hasEnded = true
    this.transport.end()
  }

  /**
   * Ends the writing, after everything written is sent, and then closes the stream. `waitClosed` waits for that. A
   * connection closes in both directions. Any other stream with a readable side (gzip, a cipher) stays readable: none
   * of its output is lost.
   *
   * | | the written bytes | reading |
   * |---|---|---|
   * | `writeEof()` | are sent | continues, also on a connection |
   * | `close()` | are sent | ends on a connection; continues for a Transform |
   * | `abort()` | are dropped | ends |
   */
  close(): void {
    this.#isClosed = true
    this.#transport.close()
  }

  /** Closes the stream at once. Data that has not been sent is lost. asyncio: `writer.transport.abort`. */
  abort(): void {
    this.#isClosed = true
    this.#transport.abort()
  }

  isClosing(): boolean {
    return this.#transport.isClosing
  }

  /** Waits until the stream is closed. @throws what broke it */
  *waitClosed(): Coroutine<void> {
    if (this.#transport.isClosed) this.#transport.checkClosed()
    else yield* this.#transport.ended()
  }

  /** Information about the connection; `fallback` if it is not known. asyncio: `writer.get_extra_info`. */
  getExtraInfo<K extends keyof ExtraInfo>(name: K, fallback?: ExtraInfo[K]): ExtraInfo[K] | undefined {
    return (this.#extraInfo(name) as ExtraInfo[K] | undefined) ?? fallback // each name has its own type
  }

  /**
   * Encrypts the connection from here on, as after STARTTLS. Reader and writer stay the same. The certificate of the
   * server is checked against the host passed to `openConnection`, or `servername`. If the caller is cancelled while
   * waiting, the connection is closed. asyncio: `writer.start_tls`.
   * @throws what goes wrong with the handshake; TypeError if there is no name to check (a Unix socket); RuntimeError if
   * it is not the writer of a socket
   */
  *startTls(options: StartTlsOptions = {}): Coroutine<void> {
    yield* this.drain()
    yield* encrypt(this.#transport, this.#isServer, options)
  }

  toString(): string {
    const state = this.#transport.isClosing ? 'closing' : 'open'
    const peer = this.getExtraInfo('peerName')
    const to = peer === undefined ? this.transport.constructor.name : peer.join(':')
    return `<StreamWriter ${state} ${to}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  #extraInfo(name: keyof ExtraInfo): unknown {
    if (name === 'peerName') return this.#peerName
    return name === 'sockName' ? this.#sockName : extraInfo(this.transport, name)
  }
}

function extraInfo(stream: Writable, name: keyof ExtraInfo): unknown {
  const socket = stream as Partial<Socket & { getPeerCertificate(): unknown; getCipher(): unknown; encrypted: boolean }>
  if (typeof socket.address !== 'function') return undefined
  if (name === 'socket') return socket
  if (name === 'peerCertificate') return socket.getPeerCertificate?.()
  if (name === 'cipher') return socket.getCipher?.()
  if (name === 'peerName')
    return socket.remotePort === undefined ? undefined : [socket.remoteAddress, socket.remotePort]
  return socket.localPort === undefined ? undefined : [socket.localAddress, socket.localPort]
}
