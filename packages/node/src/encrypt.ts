// TLS over a socket that is open already. From the moment there is a TLSSocket over it, the socket under it must not be destroyed before: Node
// 20 crashes if both are, in this order and at once.

import { Socket } from 'node:net'
import { type ConnectionOptions, connect, createServer, TLSSocket, type TlsOptions } from 'node:tls'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { HostFuture } from './host-future.ts'
import { connectionLost, type StreamTransport } from './stream-transport.ts'

/** Puts TLS over the socket of a transport, and waits for the handshake. If anything goes wrong, the connection is closed. */
export function* encrypt(
  transport: StreamTransport,
  isServer: boolean,
  options: ConnectionOptions & TlsOptions,
): Coroutine<void> {
  const { stream } = transport
  if (!(stream instanceof Socket)) throw new RuntimeError('startTls() needs the writer of a socket')
  if (stream instanceof TLSSocket) throw new RuntimeError('startTls() was called already: the connection is encrypted')
  if (stream.readableEnded) {
    transport.abort() // who has ended does not shake hands
    throw connectionLost()
  }
  transport.detach()
  // What has come and was not read is the beginning of the handshake, sent early; or else nobody may take it for encrypted.
  const unread = transport.reader?.takeUnread()
  if (unread !== undefined && unread.length > 0) stream.unshift(unread)
  if (isServer) yield* encryptAsServer(transport, stream, options)
  else yield* encryptAsClient(transport, stream, options)
}

function* encryptAsClient(transport: StreamTransport, socket: Socket, options: ConnectionOptions): Coroutine<void> {
  const secure = connect({ ...options, socket })
  transport.replace(secure)
  try {
    yield* connected(secure, 'secureConnect')
  } catch (error) {
    secure.destroy()
    throw error
  }
}

function* encryptAsServer(transport: StreamTransport, socket: Socket, options: TlsOptions): Coroutine<void> {
  socket.allowHalfOpen = false // as with servers that encrypt from the start; or who ends instead of shaking hands were waited for
  // A server that does not listen: it checks the client's certificate as servers do.
  const server = createServer(options)
  const future = new HostFuture<TLSSocket>('TLS handshake')
  server.once('tlsClientError', (error) => future.reject(error))
  server.once('secureConnection', (secure) => {
    secure.on('error', () => {})
    future.resolve(secure)
  })
  socket.once('close', () => future.reject(connectionLost()))
  server.emit('connection', socket)
  let secure: TLSSocket
  try {
    secure = yield* future
  } catch (error) {
    transport.replace(socket)
    socket.destroy()
    throw error
  }
  transport.replace(secure)
}

/** Done when a socket is connected, and encrypted if it is to be. */
export function connected(socket: Socket, event: 'connect' | 'secureConnect'): HostFuture<void> {
  const future = new HostFuture<void>(event === 'connect' ? 'connect' : 'TLS handshake')
  const onClose = (): void => future.reject(connectionLost())
  socket.once(event, () => {
    socket.off('close', onClose)
    future.resolve()
  })
  socket.on('error', (error) => future.reject(error)) // it stays: an error that comes before anybody else listens must not end the process
  socket.once('close', onClose)
  return future
}
