// Values that do harm while they are cloned, or while they are deserialised.

/** The reaction of a hostile object to a look at it. */
export type Harm = 'throw' | 'exit' | 'crash'

function harm(kind: Harm): never {
  if (kind === 'crash') process.kill(process.pid, 'SIGKILL')
  if (kind === 'exit') process.exit(3)
  throw new RangeError('do not look at me')
}

/**
 * Gives an object that does harm when it is looked at for the `time`-th time; 1 is before the clone is made, 2 while it
 * is made.
 */
export function looksHostile(kind: Harm, time = 1): object {
  let looks = 0
  return {
    get harm() {
      return ++looks < time ? 'none yet' : harm(kind)
    },
  }
}

/** An error that does harm at an assignment to `code` or `syscall`. */
export class HostileError extends Error {
  set code(_: unknown) {
    harm('throw')
  }

  set syscall(_: unknown) {
    harm('exit')
  }
}

export function throwsHostileError(): never {
  const error = new HostileError('hostile')
  for (const [name, value] of Object.entries({ code: 7, syscall: 'open' }))
    Object.defineProperty(error, name, { value, enumerable: true })
  throw error
}

/** Throws an error that can't be read, or not be sent. */
export function throwsUnreadable(which: 'cause' | 'message' | 'shared'): never {
  const error = new Error('unreadable')
  if (which === 'cause') Object.defineProperty(error, 'cause', { get: () => harm('throw') })
  if (which === 'message') Object.assign(error, { message: () => 'a function' })
  if (which === 'shared') Object.assign(error, { memory: new SharedArrayBuffer(4) })
  throw error
}

export function swallow(_data: unknown): never {
  process.exit(3)
}

/** A text as long as told. */
export function flood(length: number): string {
  return 'a'.repeat(length)
}
