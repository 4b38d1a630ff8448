import { Socket } from 'node:net'
import { type ConnectionOptions, connect, createSecureContext, TLSSocket, type TlsOptions } from 'node:tls'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { HostFuture } from './host-future.ts'
import { connectionLost, type StreamTransport } from './stream-transport.ts'

/** Puts TLS over the socket of a transport, and waits for the handshake. Whatever goes wrong, the connection is closed then. */
export function* encrypt(
  transport: StreamTransport,
  isServer: boolean,
  options: ConnectionOptions & TlsOptions,
): Coroutine<void> {
  const { stream } = transport
  if (!(stream instanceof Socket)) throw new RuntimeError('startTls() needs the writer of a socket')
  if (stream instanceof TLSSocket) throw new RuntimeError('startTls() was called already: the connection is encrypted')
  transport.detach()
  const secure = isServer
    ? new TLSSocket(stream, {
        ...options,
        isServer: true,
        secureContext: options.secureContext ?? createSecureContext(options),
      })
    : connect({ ...options, socket: stream })
  try {
    yield* shaken(secure, isServer ? 'secure' : 'secureConnect')
  } catch (error) {
    secure.destroy()
    throw error
  } finally {
    transport.replace(secure)
  }
}

/** Done when the handshake is over, or the connection is made. */
export function shaken(socket: Socket, name: 'connect' | 'secure' | 'secureConnect'): HostFuture<void> {
  const future = new HostFuture<void>(name === 'connect' ? 'connect' : 'TLS handshake')
  const onError = (error: unknown): void => future.reject(error)
  const onClose = (): void => future.reject(connectionLost())
  socket.once(name, () => {
    socket.off('close', onClose)
    future.resolve()
  })
  socket.on('error', onError) // it stays: an error that comes before anybody else listens must not end the process
  socket.once('close', onClose)
  return future
}
