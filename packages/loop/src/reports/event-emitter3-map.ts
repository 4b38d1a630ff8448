import type { EventEmitter } from 'eventemitter3'

/** The events that the type of an eventemitter3 emitter declares. */
// biome-ignore lint/suspicious/noExplicitAny: whatever `this` its listeners have
export type EventEmitter3Map<E> = E extends EventEmitter<infer M, any> ? M : never
