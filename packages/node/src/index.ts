// The public types of this package contain types of Node.
/// <reference types="node" preserve="true" />

export { type AsyncFunctionOptions, asyncFunction } from '@spindle/task'
export { type RunMainOptions, runMain } from './host/run-main.ts'
export { addSignalHandler, removeSignalHandler } from './host/signals.ts'
export { type SpanLike, type TracerLike, withSpan } from './host/with-span.ts'
export { withStore } from './host/with-store.ts'
export { createSubprocessExec, createSubprocessShell, type SubprocessOptions } from './processes/create-subprocess.ts'
export type { Piped, Process, ProcessWaitOptions, Stdio } from './processes/process.ts'
export {
  CalledProcessError,
  type Command,
  type CompletedProcess,
  type RunProcessOptions,
  runProcess,
  subprocess,
} from './processes/subprocess.ts'
export { type FetchOptions, fetchText } from './servers/fetch.ts'
export { type HandlerOptions, handler } from './servers/handler.ts'
export {
  type OpenConnectionOptions,
  type OpenUnixConnectionOptions,
  openConnection,
  openUnixConnection,
} from './servers/open-connection.ts'
export { type ServedServer, type ServeOptions, serve } from './servers/serve.ts'
export type { ClientConnected, Server, ServerShutdownOptions, ServerStats } from './servers/server.ts'
export {
  type StartServerOptions,
  type StartUnixServerOptions,
  startServer,
  startUnixServer,
} from './servers/start-server.ts'
export type { ClientTlsOptions } from './streams/encrypt.ts'
export type { ReadingTransport } from './streams/read-buffer.ts'
export { IncompleteReadError, LimitOverrunError } from './streams/read-errors.ts'
export { StreamReader, type StreamReaderFromOptions, type StreamReaderOptions } from './streams/stream-reader.ts'
export type { ReadableSource, WritableTarget } from './streams/stream-transport.ts'
export { type ExtraInfo, type StartTlsOptions, StreamWriter } from './streams/stream-writer.ts'
