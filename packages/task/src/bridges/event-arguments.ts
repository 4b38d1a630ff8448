// biome-ignore-all lint/suspicious/noTsIgnore: whether there is an error depends on what a program has installed

// The types of the arguments that an emitter passes to its listeners. TypeScript cannot infer the listener of a generic
// method for a name, so each kind of emitter needs its own way. In an `import(…)`, a type that is not installed is
// `any`, which carries no information.

import type { EventEmitter3Map } from '@spindle/loop/internal'

/**
 * The arguments of the listeners of the event `N` of an emitter `E`: `[chunk: Buffer]`. `unknown[]` if they are
 * unknown.
 */
export type EventArguments<E, N> = [MapOf<E>] extends [never]
  ? FromMethods<E, N>
  : N extends keyof MapOf<E>
    ? ArgumentsOf<MapOf<E>[N]>
    : N extends 'error'
      ? [error: Error]
      : unknown[]

/**
 * `A` if the caller states it. It is not inferred: older compilers would take it from the pattern in
 * `const [event] = yield* once(…)`.
 */
export type ArgumentsFor<A, E, N> = A extends undefined ? EventArguments<E, N> : [A][A extends unknown ? 0 : never]

/** The event names that `once` and `events` accept for an emitter `E`: the declared ones, if there are any. */
export type EventName<E> = [OwnMapOf<E>] extends [never] ? string | symbol : keyof OwnMapOf<E> | 'error'

type MapOf<E> = [OwnMapOf<E>] extends [never] ? MapOfNodeClass<E> : OwnMapOf<E>
type OwnMapOf<E> = Known<MapOfNode<E>> | Known<EventEmitter3Map<E>>

/** @ts-ignore there may be no types of Node */
type MapOfNode<E> = E extends import('node:events').EventEmitter<infer M> ? M : never

// The classes of Node have maps with names since version 25 of its types, and methods without types of arguments. In
// brackets, because the condition would be `any` if one of its types is missing.
type MapOfNodeClass<E> = [E] extends [NetSocket]
  ? Known<SocketEvents>
  : [E] extends [HttpServer]
    ? Known<HttpServerEvents>
    : [E] extends [NetServer]
      ? Known<NetServerEvents>
      : [E] extends [Lines]
        ? Known<LinesEvents>
        : [E] extends [Child]
          ? Known<ChildEvents>
          :
              | ([E] extends [Readable] ? Known<ReadableEvents> : never)
              | ([E] extends [Writable] ? Known<WritableEvents> : never)

/** @ts-ignore */
type NetSocket = import('node:net').Socket
/** @ts-ignore */
type SocketEvents = import('node:net').SocketEventMap
/** @ts-ignore */
type NetServer = import('node:net').Server
/** @ts-ignore */
type NetServerEvents = import('node:net').ServerEventMap
/** @ts-ignore */
type HttpServer = import('node:http').Server
/** @ts-ignore */
type HttpServerEvents = import('node:http').ServerEventMap
/** @ts-ignore */
type Readable = import('node:stream').Readable
/** @ts-ignore */
type ReadableEvents = import('node:stream').ReadableEventMap
/** @ts-ignore */
type Writable = import('node:stream').Writable
/** @ts-ignore */
type WritableEvents = import('node:stream').WritableEventMap
/** @ts-ignore */
type Lines = import('node:readline').Interface
/** @ts-ignore */
type LinesEvents = import('node:readline').InterfaceEventMap
/** @ts-ignore */
type Child = import('node:child_process').ChildProcess
/** @ts-ignore */
type ChildEvents = import('node:child_process').ChildProcessEventMap

/** A map that names events; `never` for a map without names, and for `any`. */
type Known<M> = [M] extends [{ readonly [nothing]: never }] ? never : NamesNone<M> extends true ? never : M
type NamesNone<M> = M extends readonly unknown[] | PropertyKey ? true : Record<never, never> extends M ? true : false
declare const nothing: unique symbol

/** A map has the arguments or, in eventemitter3, the listener. It is `any` for a class that extends an emitter. */
type ArgumentsOf<L> = [L] extends [{ readonly [nothing]: never }]
  ? unknown[]
  : L extends readonly unknown[]
    ? L
    : L extends (...args: infer A) => unknown
      ? A
      : [L]

/** Older classes of Node declare a method for each name; classes of the web have a property for each. */
type FromMethods<E, N> = E extends { on: infer F }
  ? Chosen<Overloads<F>, N>
  : E extends { addEventListener: infer F }
    ? N extends string
      ? E extends Record<`on${N}`, infer L>
        ? ArgumentsOf<NonNullable<L>>
        : FromWeb<F>
      : unknown[]
    : unknown[]

type FromWeb<F> = F extends (name: never, listener: infer L, ...more: never) => unknown
  ? [L] extends [never]
    ? unknown[]
    : ArgumentsOf<Extract<L, (...args: never) => unknown>>
  : unknown[]

type Chosen<O, N> = string extends N
  ? unknown[]
  : [Beside<O, N>] extends [never]
    ? unknown[]
    : ArgumentsOf<Beside<O, N>>
type Beside<O, N> = O extends [infer Name, infer L] ? ([N, Name] extends [Name, N] ? L : never) : never

type Overloads<F> = F extends {
  (name: infer N1, listener: infer L1): unknown
  (name: infer N2, listener: infer L2): unknown
  (name: infer N3, listener: infer L3): unknown
  (name: infer N4, listener: infer L4): unknown
  (name: infer N5, listener: infer L5): unknown
  (name: infer N6, listener: infer L6): unknown
  (name: infer N7, listener: infer L7): unknown
  (name: infer N8, listener: infer L8): unknown
  (name: infer N9, listener: infer L9): unknown
  (name: infer N10, listener: infer L10): unknown
  (name: infer N11, listener: infer L11): unknown
  (name: infer N12, listener: infer L12): unknown
  (name: infer N13, listener: infer L13): unknown
  (name: infer N14, listener: infer L14): unknown
}
  ?
      | [N1, L1]
      | [N2, L2]
      | [N3, L3]
      | [N4, L4]
      | [N5, L5]
      | [N6, L6]
      | [N7, L7]
      | [N8, L8]
      | [N9, L9]
      | [N10, L10]
      | [N11, L11]
      | [N12, L12]
      | [N13, L13]
      | [N14, L14]
  : never
