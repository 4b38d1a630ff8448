// The arguments of an event have the types that the emitter declares.

import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Server, Socket } from 'node:net'
import type { Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Coroutine } from '@spindle/loop'
import { type EventStream, events, once } from '@spindle/task'
import { EventEmitter as EventEmitter3 } from 'eventemitter3'
import { expectTypeOf } from 'vitest'

interface Emits {
  data: [chunk: string, n: number]
  end: []
}
const emitter = new EventEmitter<Emits>()
const emitter3 = new EventEmitter3<{ data(chunk: string): void; end(): void }>()
declare const server: Server
declare const httpServer: HttpServer
declare const socket: Socket
declare const child: ChildProcess
declare const lines: Interface
declare const stream: Readable
declare const signal: AbortSignal

expectTypeOf(once(emitter, 'data')).toEqualTypeOf<Coroutine<[chunk: string, n: number]>>()
expectTypeOf(once(emitter, 'error')).toEqualTypeOf<Coroutine<[error: Error]>>()
expectTypeOf(once(emitter3, 'data')).toEqualTypeOf<Coroutine<[chunk: string]>>()
expectTypeOf(once(server, 'connection')).toEqualTypeOf<Coroutine<[socket: Socket]>>()
expectTypeOf(once(httpServer, 'request')).toExtend<Coroutine<[IncomingMessage, ServerResponse]>>()
expectTypeOf(once(socket, 'end')).toEqualTypeOf<Coroutine<[]>>()
expectTypeOf(once(child, 'exit')).toEqualTypeOf<Coroutine<[code: number | null, signal: NodeJS.Signals | null]>>()
expectTypeOf(events(lines, 'line')).toEqualTypeOf<EventStream<[input: string]>>()
expectTypeOf(events(stream, 'end')).toEqualTypeOf<EventStream<[]>>()
expectTypeOf(once(signal, 'abort')).toEqualTypeOf<Coroutine<[event: Event]>>()
expectTypeOf(once(new EventTarget(), 'mine')).toExtend<Coroutine<[Event]>>()

// What an emitter does not declare it may emit all the same, if it declares nothing, or is one of Node's.
expectTypeOf(once(new EventEmitter(), 'data')).toEqualTypeOf<Coroutine<unknown[]>>()
expectTypeOf(once(new EventEmitter3(), 'data')).toEqualTypeOf<Coroutine<unknown[]>>()
expectTypeOf(once(server, 'mine')).toEqualTypeOf<Coroutine<unknown[]>>()
expectTypeOf(once<[number]>(new EventEmitter(), 'answer')).toEqualTypeOf<Coroutine<[number]>>()
expectTypeOf(events<[number]>(server, Symbol('mine'))).toEqualTypeOf<EventStream<[number]>>()
const name = 'data' as string
expectTypeOf(once(server, name)).toEqualTypeOf<Coroutine<unknown[]>>()

// The parameter of a class that extends an emitter is not to be seen: the arguments are named by hand.
class Own extends EventEmitter<Emits> {}
expectTypeOf(once(new Own(), 'data')).toEqualTypeOf<Coroutine<unknown[]>>()
expectTypeOf(once<Emits['data']>(new Own(), 'data')).toEqualTypeOf<Coroutine<[chunk: string, n: number]>>()

// @ts-expect-error it emits nothing of this name
once(emitter, 'dta')
// @ts-expect-error it emits nothing of this name
events(emitter3, 'dta')
// @ts-expect-error it emits nothing at all
once({}, 'data')
