// What a Task knows of the requests to end: made with the first one, as most Tasks get none.
//
// A shield holds requests back that come from outside of it. Scopes that cancel the Task they are in (timeout, taskGroup) have a
// level: how many shields were up when they were entered.
//
//      level 0         1                2
//        │ cancel()    │ timeout        │ timeout         a request from level n is held by shield n + 1, if that is up,
//        │          shield 1         shield 2             and delivered when it comes down

/** The latest request to end that a Task got. See `Task.cancelledBy`. */
export interface CancelRequest {
  /** Who cancelled it: the name of a Task, or `timeout()`, `TaskGroup`, …; undefined: plain code, or a callback. */
  readonly by: string | undefined
  /** The name of the Task that passed the request on, as it awaits this one. */
  readonly via: string | undefined
  /** The message given to `cancel()`. */
  readonly message: string | undefined
}

// Those that were taken back, each with the one that counts in its place.
const takenBack = new WeakMap<CancelRequest, CancelRequest | undefined>()

/** A scope takes back what it asked its Task for: what was asked before is the latest again. */
export function takeBack(request: CancelRequest, before: CancelRequest | undefined): void {
  takenBack.set(request, before)
}

export class CancelState {
  /** How many there were, less those that were taken back. */
  requests = 0
  request: CancelRequest | undefined = undefined
  /** The message of the CancelledError that the next step throws. */
  message: string | undefined = undefined
  /** The innermost shield that is up. */
  shield: Shield | undefined = undefined

  /** Whether the request has to wait for a shield to come down. */
  holdsBack(level: number, message: string | undefined): boolean {
    let holder: Shield | undefined
    for (let shield = this.shield; shield !== undefined && shield.level > level; shield = shield.outer) holder = shield
    holder?.hold(message)
    return holder !== undefined
  }

  /** The latest request that was not taken back. */
  get standing(): CancelRequest | undefined {
    while (this.request !== undefined && takenBack.has(this.request)) this.request = takenBack.get(this.request)
    return this.request
  }

  /** How many requests wait for a shield to come down. */
  get held(): number {
    let held = 0
    for (let shield = this.shield; shield !== undefined; shield = shield.outer) held += shield.held
    return held
  }
}

/** Holds requests to end back while a block runs. */
export class Shield {
  readonly outer: Shield | undefined
  /** How many shields are up with this one. */
  readonly level: number
  held = 0
  /** Of the latest request. */
  message: string | undefined = undefined

  constructor(outer: Shield | undefined) {
    this.outer = outer
    this.level = (outer?.level ?? 0) + 1
  }

  hold(message: string | undefined): void {
    this.held++
    this.message = message
  }
}

/** `cancelled_by='supervisor' message='too late'`, for a printed Task. */
export function describeRequest(request: CancelRequest, repr: (value: string) => string): string[] {
  const info: string[] = []
  if (request.by !== undefined) info.push(`cancelled_by=${repr(request.by)}`)
  if (request.via !== undefined) info.push(`via=${repr(request.via)}`)
  if (request.message !== undefined) info.push(`message=${repr(request.message)}`)
  return info
}
