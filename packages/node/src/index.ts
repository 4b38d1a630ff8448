// The public types of this package contain types of Node.
/// <reference types="node" preserve="true" />

export { type AsyncFunctionOptions, asyncFunction } from '@spindle/task'
export { createSubprocessExec, createSubprocessShell, type SubprocessOptions } from './create-subprocess.ts'
export type { ClientTlsOptions } from './encrypt.ts'
export { type FetchOptions, fetchText } from './fetch.ts'
export { type HandlerOptions, handler } from './handler.ts'
export {
  type OpenConnectionOptions,
  type OpenUnixConnectionOptions,
  openConnection,
  openUnixConnection,
} from './open-connection.ts'
export type { Piped, Process, ProcessWaitOptions, Stdio } from './process.ts'
export type { ReadingTransport } from './read-buffer.ts'
export { IncompleteReadError, LimitOverrunError } from './read-errors.ts'
export { type RunMainOptions, runMain } from './run-main.ts'
export { type ServedServer, type ServeOptions, serve } from './serve.ts'
export type { ClientConnected, Server, ServerShutdownOptions, ServerStats } from './server.ts'
export { addSignalHandler, removeSignalHandler } from './signals.ts'
export {
  type StartServerOptions,
  type StartUnixServerOptions,
  startServer,
  startUnixServer,
} from './start-server.ts'
export { StreamReader, type StreamReaderFromOptions, type StreamReaderOptions } from './stream-reader.ts'
export type { ReadableSource, WritableTarget, WritingTransport } from './stream-transport.ts'
export { type ExtraInfo, type StartTlsOptions, StreamWriter } from './stream-writer.ts'
export {
  CalledProcessError,
  type Command,
  type CompletedProcess,
  type RunProcessOptions,
  runProcess,
  subprocess,
} from './subprocess.ts'
export { type SpanLike, type TracerLike, withSpan } from './with-span.ts'
export { withStore } from './with-store.ts'
