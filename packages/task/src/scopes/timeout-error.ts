import { type CancelledError, TimeoutError } from '@spindle/loop'
import { ambient } from '@spindle/loop/internal'

/**
 * The error of a time limit. It contains the limit, the place of the wait and its awaitable. The place of the limit is
 * added when the error leaves Spindle's coroutines.
 *
 *     200 ms passed in timeout() at main.ts:12; download() was waiting at main.ts:31 for sleep(3000)
 *
 * @param delay the limit in ms; undefined if the limit was a time
 */
export function timeoutError(caller: string, delay: number | undefined, cause: CancelledError): TimeoutError {
  const limit = withinLimit(delay === undefined ? 'the deadline' : `${Math.max(0, delay)} ms`)
  const explained = ambient.runningLoop?.explainer?.describeWait(cause) ?? ''
  const message = (place: string): string => `${limit} passed in ${caller}${place}${explained}`
  // Test runners print an error without a message as an object, over many lines.
  if (cause.message === '') {
    Object.defineProperty(cause, 'message', { value: `cancelled by ${caller}`, configurable: true, writable: true })
  }
  return timeoutErrorWith(message, cause)
}

/** A TimeoutError whose message contains the place in the user's code: ` at main.ts:12`, or '' while it is unknown. */
export function timeoutErrorWith(message: (place: string) => string, cause?: CancelledError): TimeoutError {
  const error = new TimeoutError(message(''), cause === undefined ? undefined : { cause })
  const tell = (place: string, frame: string): void => {
    const before = error.message
    const stack = error.stack ?? ''
    error.message = message(` at ${place}`)
    // The stack of a coroutine() has frames of Spindle alone. Its first line was written when the error was created.
    error.stack = stack.includes(frame) ? stack.replace(before, () => error.message) : `${error}\n${frame}`
  }
  ambient.runningLoop?.explainer?.findPlace(error, tell)
  return error
}

/** The text of a limit, with an explanation if it may have passed in no time. */
export function withinLimit(limit: string): string {
  return ambient.runningLoop?.hasVirtualTime === true ? `${limit} of virtual time` : limit
}
