// A coroutine that is called and not awaited silently does nothing. Watching it through the garbage collector costs
// 200 ns or more, and nearly all coroutines are awaited soon:
//
//   made ──▶ in `unstarted` ──next iteration──▶ a separate entry: reported when collected, or when the loop closes
//                └── awaited before that: nothing more to do
//
// Outside of loops there are no iterations: a coroutine gets its entry when the next one is made, or when the program
// ends.

import type { EventLoop } from '@spindle/loop'
import { ambient, describeCallback, hostConsole, nameOf } from '@spindle/loop/internal'
import { dismissAwaited, expectAwait, reportAtExit } from './await-registry.ts'
import type { CoroutineFunction } from './frame.ts'

export interface Watched {
  readonly fn: CoroutineFunction
  readonly place?: string | undefined
  /** Whether it was awaited, or taken by a Task. */
  readonly started: boolean
  /** Called if it was not started within an iteration: it is reported if it never is. */
  watched(): void
}

// The coroutines made in this iteration of `madeIn` and not started when the next one was made. A coroutine that was
// started by then frees its slot, so calls that are awaited one by one use a single slot.
let unstarted: Watched[] = []
let madeIn: EventLoop | undefined
let flushPending = false
// From this length on, started coroutines are removed: an iteration may last for any time.
const MIN_ROOM = 1024
let room = MIN_ROOM

let watchesExit = false

export const neverAwaited = {
  watch(frame: Watched): void {
    const loop = ambient.runningLoop
    if (loop !== madeIn || loop === undefined) changeLoop(loop)
    const last = unstarted.length - 1
    if (last >= 0 && (unstarted[last] as Watched).started) unstarted[last] = frame
    else if (last + 1 < room) unstarted.push(frame)
    else makeRoom(frame)
    if (flushPending || loop === undefined) return
    flushPending = true
    loop.atNextIteration = registerUnstarted
  },

  dismiss: (frame: Watched): void => dismissAwaited(frame),
}

function changeLoop(loop: EventLoop | undefined): void {
  registerUnstarted()
  if (madeIn !== undefined) madeIn.atNextIteration = undefined
  madeIn = loop
  if (loop === undefined && !watchesExit) watchExit()
}

function makeRoom(frame: Watched): void {
  unstarted = unstarted.filter((one) => !one.started)
  unstarted.push(frame)
  room = Math.max(MIN_ROOM, 2 * unstarted.length)
}

function registerUnstarted(): void {
  flushPending = false
  for (const frame of unstarted) if (!frame.started) register(frame, madeIn)
  if (unstarted.length > 1) {
    unstarted = []
    room = MIN_ROOM
  } else unstarted.pop()
}

function watchExit(): void {
  watchesExit = true
  reportAtExit(() => {
    if (madeIn === undefined) registerUnstarted()
  })
}

function register(frame: Watched, loop: EventLoop | undefined): void {
  expectAwait(frame, loop, neverAwaitedReport(frame, loop))
  frame.watched()
}

/** The report that a coroutine was never awaited: it must not keep the coroutine alive. */
function neverAwaitedReport({ fn, place }: Watched, loop: EventLoop | undefined): () => void {
  return () => {
    const known = nameOf(fn)
    const name = known || '<anonymous>'
    const call = known === '' ? '…' : `${name}(…)`
    const hint =
      loop === undefined
        ? `\`await run(${call})\` to have it run`
        : `\`yield* ${call}\` to wait for it, or \`ensureFuture(${call})\` to have it run as a Task`
    const where = place === undefined ? `defined: ${describeCallback(fn)}` : `called: ${place}`
    const message = `coroutine '${name}' was never awaited. Write ${hint}\n${where}`
    if (loop === undefined) hostConsole().error(message)
    else loop.callExceptionHandler({ message })
  }
}
