import type { DeadlockError, RuntimeError } from '../errors/errors.ts'
import type { AwaitableSource, Coroutine } from '../futures/awaitable.ts'
import type { Future } from '../futures/future.ts'
import type { AsyncScope } from '../inspect/host-globals.ts'
import type { Unretrieved } from '../reports/unretrieved-exception.ts'
import type { EventLoop } from './event-loop.ts'
import type { Tools } from './probe.ts'
import type { TaskFactory } from './task.ts'

/** What a loop is given when it is made: this package contains no Tasks, and a page omits what it never uses. */
export interface LoopParts {
  readonly createTask: TaskFactory
  coroutineOf<T>(given: () => Coroutine<T>): Coroutine<T>
  /** Returns the stores of `AsyncLocalStorage` that a callback keeps; undefined where there are none. */
  readonly captureStores?: (() => AsyncScope) | undefined
  /** Runs a turn with these stores, so that a step with the same ones need not enter them again. */
  readonly enterStores?: ((stores: AsyncScope, turn: () => number) => number) | undefined
  /** Called when the loop closes, before it reports unretrieved exceptions. */
  beforeClose?(loop: EventLoop): void
  /** The drivers other than the host in real time, which is all that `run()` needs. */
  drivers?: Drivers | undefined
  /** Events, debug mode and the text of reports. */
  tools?: Tools | undefined
}

export interface Drivers {
  runBlocking(loop: EventLoop): void
  runUntilCompleteBlocking<T>(loop: EventLoop, awaitable: AwaitableSource<T>): T
  virtualTime(run: HostRun): VirtualTimeRun
  blockedPromiseError(): RuntimeError
  insideBlockingError(caller: string): RuntimeError
  /** Makes a Future of any other awaitable, or of a promise. */
  ensureFuture?(awaitable: AwaitableSource<unknown>, loop: EventLoop): Future
}

/** A run of a loop that the host drives: see drivers/host.ts. */
export interface HostRun {
  readonly loop: EventLoop
  /** How many turns it has had. */
  readonly turns: number
  /** Whether no turn is due, except by the host timer. Anything that becomes ready then has to wake this run. */
  parked: boolean
  readonly virtualTime: VirtualTimeRun | undefined
  /** Set for the host loop: its handlers in place of an end. */
  readonly permanent: PermanentHandlers | undefined
  /** Makes sure of a turn: something became ready, or a timer was set. */
  wake(): void
  /** Schedules the next turn after the host's pending work. */
  later(): void
  /**
   * Whether a promise's callback, which has the stack to itself, may run a turn directly after it has settled its
   * Future, by `runClaimedTurn()`. This saves the microtask of `wake()`.
   */
  claimTurn(): boolean
  /**
   * Runs the turn that `claimTurn()` granted.
   * @param byHost whether the host itself called back, for example for a socket with data. Each such callback may begin
   * a new slice, because the host continues afterwards
   */
  runClaimedTurn(byHost?: boolean): void
  /** Stops watching for the end of the process until the next turn; otherwise that turn would never come. */
  stopWatching(): void
  end(...failure: [error?: unknown]): void
}

export interface VirtualTimeRun {
  /** Whether the host has had a turn since nothing was ready: time jumps only afterwards. */
  hostHadTurn: boolean
  park(): void
  /** Jumps to the next timer if time may jump. Returns whether that made something ready in this loop. */
  jump(): boolean
  end(): void
}

interface PermanentHandlers {
  onDeadlock(error: DeadlockError): void
  /** Reports the exception if it is still unretrieved after the host's next turn. */
  noteUnretrieved(exception: Unretrieved): void
}
