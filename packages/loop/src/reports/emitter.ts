import { EventEmitter as EventEmitter3 } from 'eventemitter3'

/** What `loop.events` is built on. In a browser it is emitter.browser.ts. */
export const EventEmitter: typeof EventEmitter3 = EventEmitter3
