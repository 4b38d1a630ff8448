import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { type Coroutine, type EventLoop, getRunningLoop } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import { coroutine } from '@spindle/task'
import { type ClientTlsOptions, connected, handshakeLimit, withServerName } from '../streams/encrypt.ts'
import { checkReaderLimits, READER_OPTIONS, StreamReader, type StreamReaderOptions } from '../streams/stream-reader.ts'
import { StreamTransport } from '../streams/stream-transport.ts'
import { StreamWriter } from '../streams/stream-writer.ts'
import { checkSocketPath } from './socket-path.ts'

// To Node.
const PASSED_ON = ['localAddress', 'localPort', 'family', 'lookup', 'keepAlive', 'keepAliveInitialDelay'] as const

/** How `openConnection` connects. */
export interface OpenConnectionOptions
  extends StreamReaderOptions,
    Pick<TcpNetConnectOpts, (typeof PASSED_ON)[number]> {
  /**
   * Whether to encrypt the connection, or how: the options of Node's `tls.connect`. The certificate of the server is
   * checked against the host, which is also sent to the server (SNI), unless `servername` names another. asyncio:
   * `ssl`.
   * @default false
   */
  readonly tls?: boolean | ClientTlsOptions | undefined
}

/** How `openUnixConnection` connects. */
export interface OpenUnixConnectionOptions extends StreamReaderOptions {
  /**
   * Whether to encrypt the connection, or how: the options of Node's `tls.connect`. A Unix socket has no name that the
   * certificate of the server could be checked against, so `servername` is required. asyncio: `ssl`.
   * @default false
   */
  readonly tls?: boolean | ClientTlsOptions | undefined
}

/**
 * Connects to a server, and returns a reader and a writer. If a name has several addresses, the first that answers
 * is used. If the caller is cancelled while waiting, the attempt is abandoned. When the loop is closed, it closes what
 * is still open. asyncio: `asyncio.open_connection`.
 * @param host a name or an address
 * @param port 0 to 65,535
 * @throws what goes wrong with the connection: an error with a code like `ECONNREFUSED`
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const server = yield* startServer(function* (reader, writer) {
 *     writer.write(yield* reader.readLine())
 *     writer.close()
 *   }, '127.0.0.1', 0)
 *   const [reader, writer] = yield* openConnection('127.0.0.1', server.port)
 *   writer.write('hello\n')
 *   console.log(String(yield* reader.read()).trim()) // prints: hello
 *   writer.close()
 *   server.close()
 * }
 * await run(main())
 * ```
 */
export function openConnection(
  host: string,
  port: number,
  options: OpenConnectionOptions = {},
): Coroutine<[reader: StreamReader, writer: StreamWriter]> {
  checkOptions('openConnection()', options, [...READER_OPTIONS, 'tls', ...PASSED_ON])
  const { tls, limit, maxBytes, ...connecting } = options
  return opening({ ...connecting, host, port, allowHalfOpen: true }, tls, { limit, maxBytes })
}

/**
 * Like `openConnection`, over a Unix socket. asyncio: `asyncio.open_unix_connection`.
 * @param path the path of a Unix socket, or the name of a Windows pipe
 */
export function openUnixConnection(
  path: string,
  options: OpenUnixConnectionOptions = {},
): Coroutine<[reader: StreamReader, writer: StreamWriter]> {
  checkOptions('openUnixConnection()', options, [...READER_OPTIONS, 'tls'])
  checkSocketPath(path, 'connect')
  const { tls, limit, maxBytes } = options
  return opening({ path, allowHalfOpen: true } as object, tls, { limit, maxBytes })
}

const opening = coroutine(function* openConnection(
  target: Partial<TcpNetConnectOpts>,
  tls: boolean | ClientTlsOptions | undefined,
  options: StreamReaderOptions,
): Coroutine<[StreamReader, StreamWriter]> {
  const loop = getRunningLoop()
  checkReaderLimits(options)
  const secure: ClientTlsOptions | undefined = tls === true ? {} : tls || undefined
  const limit = secure && handshakeLimit(secure)
  const named = secure && withServerName(secure, target.host)
  const socket =
    named === undefined
      ? connect(target as TcpNetConnectOpts)
      : connectSecurely({ ...named, ...(target as TcpNetConnectOpts) })
  try {
    yield* connected(socket, limit)
  } catch (error) {
    socket.destroy()
    throw error
  }
  const [reader, writer] = streamsOf(socket, options, loop, target.host)
  return [reader, writer]
})

/**
 * The reader and the writer of a socket, and their transport, which the loop destroys when it closes.
 * @param onFailedHandshake on the side of a server: called when a client does not shake hands
 */
export function streamsOf(
  socket: Socket,
  { limit, maxBytes }: StreamReaderOptions,
  loop: EventLoop,
  host?: string,
  onFailedHandshake?: () => void,
): [StreamReader, StreamWriter, StreamTransport] {
  socket.setNoDelay() // as asyncio does: small writes are sent at once
  const reader = new StreamReader({ limit, maxBytes })
  const transport = new StreamTransport(socket, reader, loop, true, host, onFailedHandshake)
  return [reader, new StreamWriter(transport, onFailedHandshake !== undefined), transport]
}
