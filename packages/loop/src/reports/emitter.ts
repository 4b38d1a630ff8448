import { EventEmitter as EventEmitter3 } from 'eventemitter3'

/** The base class of `loop.events`. In a browser it is emitter.browser.ts. */
export const EventEmitter: typeof EventEmitter3 = EventEmitter3
