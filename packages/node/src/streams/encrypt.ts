// TLS over a socket that is open already. From the moment there is a TLSSocket over it, the socket under it must not be
// destroyed before: Node 20 crashes if both are, in this order and at once.

import { isIP, Socket } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createServer,
  TLSSocket,
  type TlsOptions,
} from 'node:tls'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { HostFuture, repr } from '@spindle/loop/internal'
import { connectionLost, type StreamTransport } from './stream-transport.ts'

/** How a client encrypts. */
export interface ClientTlsOptions extends ConnectionOptions {
  /** How many ms the handshake may take. asyncio: `ssl_handshake_timeout`. @default 60_000 */
  readonly handshakeTimeout?: number | undefined
}

/**
 * Puts TLS over the socket of a transport, and waits for the handshake. If anything goes wrong, the connection is
 * closed.
 */
export function* encrypt(
  transport: StreamTransport,
  isServer: boolean,
  options: ConnectionOptions & TlsOptions,
): Coroutine<void> {
  const { stream } = transport
  if (!(stream instanceof Socket)) throw new RuntimeError('startTls() needs the writer of a socket')
  if (stream instanceof TLSSocket) throw new RuntimeError('startTls() was called already: the connection is encrypted')
  if (stream.readableEnded) {
    const error = connectionLost()
    transport.failHandshake(error)
    transport.abort() // an end that is closed does not shake hands
    throw error
  }
  const limit = handshakeLimit(options)
  if (!isServer) withServerName(options, transport.host) // throws before anything has changed
  transport.detach()
  // An unread chunk is the beginning of the handshake, sent early; otherwise it must not be taken for
  // encrypted data.
  const unread = transport.reader?.buffer.takeUnread()
  if (unread !== undefined && unread.length > 0) stream.unshift(unread)
  try {
    if (isServer) yield* encryptAsServer(transport, stream, { ...options, handshakeTimeout: limit })
    else yield* encryptAsClient(transport, stream, options, limit)
  } catch (error) {
    if (transport.stream === stream) {
      transport.replace(stream)
      stream.destroy()
    }
    throw error
  }
}

function* encryptAsClient(
  transport: StreamTransport,
  socket: Socket,
  options: ConnectionOptions,
  limit: number,
): Coroutine<void> {
  const secure = connect({ ...withServerName(options, transport.host), socket })
  transport.replace(secure)
  try {
    yield* connected(secure, limit)
  } catch (error) {
    secure.destroy()
    throw error
  }
}

function* encryptAsServer(transport: StreamTransport, socket: Socket, options: TlsOptions): Coroutine<void> {
  socket.allowHalfOpen = false // as with servers that encrypt from the start; otherwise a peer that closes instead of shaking hands would be awaited
  // A server that does not listen: it checks the client's certificate as servers do.
  const server = createServer(options)
  const future = new HostFuture<TLSSocket>('TLS handshake')
  const fail = (error: Error): void => {
    if (future.done()) return
    transport.failHandshake(error)
    future.reject(error)
  }
  server.once('tlsClientError', fail)
  server.once('secureConnection', (secure) => {
    secure.on('error', () => {})
    future.resolve(secure)
  })
  socket.once('close', () => fail(connectionLost()))
  server.emit('connection', socket)
  transport.replace(yield* future)
}

/**
 * Adds the name that the server's certificate is checked against, and that is sent to the server (SNI). It comes from
 * `servername`, else from the host that was connected to. An IP address is checked, but never sent: RFC 6066 allows
 * names only.
 * @throws TypeError if there is no name, unless the options turn the check off
 */
export function withServerName(options: ConnectionOptions, host: string | undefined): ConnectionOptions {
  const name = (options.servername || host)?.replace(/\.$/, '') // a fully qualified name may end with a dot; certificates have none
  if (name !== undefined && name !== '') {
    const servername = isIP(name) !== 0 || options.servername === '' ? '' : name
    const check = options.checkServerIdentity ?? checkServerIdentity
    // Not left to Node, which falls back to `localhost` where it knows of no name.
    return { ...options, servername, checkServerIdentity: (_host, certificate) => check(name, certificate) }
  }
  if (options.rejectUnauthorized === false || options.checkServerIdentity !== undefined) return options
  throw new TypeError(
    'TLS over a Unix socket or a wrapped stream needs `servername`, the name that the certificate of the server must have. ' +
      'To check no name, pass your own `checkServerIdentity`',
  )
}

/** How long a client waits for the other end to shake hands. @throws RangeError if that is not a time */
export function handshakeLimit({ handshakeTimeout = 60_000 }: ClientTlsOptions): number {
  if (handshakeTimeout > 0) return handshakeTimeout
  throw new RangeError(`handshakeTimeout should be a positive number, got ${repr(handshakeTimeout)}`)
}

/**
 * Done when a socket is connected, and encrypted if the options ask for it: then it has `limit` ms to shake hands, from
 * when it is connected.
 */
export function connected(socket: Socket, limit?: number): HostFuture<void> {
  const future = new HostFuture<void>(limit === undefined ? 'connect' : 'TLS handshake')
  const onClose = (): void => future.reject(connectionLost())
  socket.once(limit === undefined ? 'connect' : 'secureConnect', () => {
    socket.off('close', onClose)
    future.resolve()
  })
  socket.on('error', (error) => future.reject(error)) // it stays: an error that comes before another listener must not end the process
  socket.once('close', onClose)
  if (limit === undefined) return future
  const begin = (): void => limitHandshake(socket, limit, () => future.reject(handshakeTimedOut(limit)))
  if (socket.connecting) socket.once('connect', begin)
  else begin()
  return future
}

// In the time of the host, as virtual time would be over before an answer can come.
function limitHandshake(socket: Socket, limit: number, giveUp: () => void): void {
  const timer = setTimeout(giveUp, Math.min(limit, LONGEST_TIMEOUT))
  for (const event of ['secureConnect', 'close']) socket.once(event, () => clearTimeout(timer))
}

const LONGEST_TIMEOUT = 2 ** 31 - 1 // of Node

function handshakeTimedOut(limit: number): Error {
  const message = `TLS handshake is taking longer than ${limit / 1000} seconds: aborting the connection`
  return Object.assign(new Error(message), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' })
}
