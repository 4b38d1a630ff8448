// The ways a loop can wait, behind one face: what holds for each of them is one suite.

import type { EventLoopOptions } from './base-event-loop.ts'
import type { EventLoop } from './face/event-loop.ts'
import type { Awaitable } from './futures/awaitable.ts'
import { newLoop as newFullLoop } from './new-loop.fixture.ts'
import { VirtualClock } from './scheduling/virtual-clock.ts'

export interface Way {
  readonly name: string
  newLoop(options?: EventLoopOptions): EventLoop
  runForever(loop: EventLoop): Promise<void>
  runUntilComplete<T>(loop: EventLoop, awaitable: Awaitable<T>): Promise<T>
  /** Lets `delay` ms go by on the loop's clock, in the middle of a callback. */
  keepBusy(loop: EventLoop, delay: number): void
}

const host: Pick<Way, 'runForever' | 'runUntilComplete'> = {
  runForever: (loop) => loop.runForever(),
  runUntilComplete: (loop, awaitable) => loop.runUntilComplete(awaitable),
}

// `async`, so that an error comes as it does from the host: by a promise.
const blocking: Pick<Way, 'runForever' | 'runUntilComplete'> = {
  runForever: async (loop) => loop.runForeverSync(),
  runUntilComplete: async (loop, awaitable) => loop.runUntilCompleteSync(awaitable),
}

const realTime: Pick<Way, 'newLoop' | 'keepBusy'> = {
  newLoop: (options) => newFullLoop(options),
  keepBusy: (loop, delay) => {
    const end = loop.time() + delay
    while (loop.time() < end);
  },
}

const virtualTime: Pick<Way, 'newLoop' | 'keepBusy'> = {
  newLoop: (options) => newFullLoop({ clock: new VirtualClock(), ...options }),
  keepBusy: (loop, delay) => loop.advanceTo(loop.time() + delay),
}

export const ways: readonly Way[] = [
  { name: 'driven by the host', ...host, ...realTime },
  { name: 'blocking the thread', ...blocking, ...realTime },
  { name: 'in virtual time, blocking', ...blocking, ...virtualTime },
  { name: 'in virtual time, driven by the host', ...host, ...virtualTime },
]
