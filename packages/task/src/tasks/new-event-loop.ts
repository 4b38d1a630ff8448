import { type EventLoop, type EventLoopOptions, setEventLoop } from '@spindle/loop'
import { ambient, BaseEventLoop, checkOptions } from '@spindle/loop/internal'
import { allDrivers } from './all-drivers.ts'
import { loopParts } from './loop-parts.ts'

/**
 * Makes an event loop. Close it when you are done with it. asyncio: `asyncio.new_event_loop`.
 * @param options `clock`: the clock of the machine by default; `debug`: false by default
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * console.log(loop.runUntilCompleteSync(sleep(10, 'slept'))) // prints: slept
 * loop.close()
 * ```
 */
export function newEventLoop(options: EventLoopOptions = {}): EventLoop {
  if (options.ready === undefined) checkOptions('newEventLoop()', options, ['clock', 'debug'])
  loopParts.drivers ??= allDrivers()
  return new BaseEventLoop({ ...options, parts: loopParts })
}

/** The loop of a run. Inside a turn of a loop in virtual time, it shares the clock of that loop. */
export function newLoopOfRun(): EventLoop {
  const running = ambient.runningLoop
  const sharesTime = running?.hasVirtualTime === true && running.hostDriven
  return new BaseEventLoop(sharesTime ? { clock: running.clock, parts: running.parts } : { parts: loopParts })
}

/**
 * The running loop, otherwise the loop set with `setEventLoop`, otherwise a new loop, which is set. asyncio:
 * `asyncio.get_event_loop`, which since 3.14 raises in place of making one.
 */
export function getEventLoop(): EventLoop {
  loopParts.drivers ??= allDrivers()
  return defaultEventLoop()
}

/** `newEventLoop()` for internal callers: in a page, it omits the blocking drivers. */
export function defaultEventLoop(): EventLoop {
  const loop = ambient.runningLoop ?? ambient.defaultLoop
  if (loop !== undefined) return loop
  const made = new BaseEventLoop({ parts: loopParts })
  setEventLoop(made)
  return made
}
