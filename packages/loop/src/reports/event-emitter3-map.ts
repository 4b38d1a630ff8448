import type { EventEmitter } from 'eventemitter3'

/** What the type of an emitter of eventemitter3 says that it emits. */
// biome-ignore lint/suspicious/noExplicitAny: whatever `this` its listeners have
export type EventEmitter3Map<E> = E extends EventEmitter<infer M, any> ? M : never
