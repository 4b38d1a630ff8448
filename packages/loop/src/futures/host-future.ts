import { getRunningLoop } from '../context/current-loop.ts'
import { RuntimeError } from '../errors/errors.ts'
import type { EventLoop } from '../event-loop.ts'
import { Future } from './future.ts'

/**
 * A Future that a callback of the host settles: Node, a browser, a promise. While it is pending it counts as a wake
 * source of its loop.
 */
export class HostFuture<T> extends Future<T> {
  private readonly describes: string
  private readonly onCancel: (() => void) | undefined
  // Whether it is still counted among what may wake the loop.
  private held: boolean

  /**
   * @param label what is waited for, for pictures and errors
   * @param onCancel undoes what was begun, as nothing waits for it any more
   * @param isReal whether the host settles it, and not something in the loop that stands for it
   */
  constructor(label: string, onCancel?: () => void, loop: EventLoop = getRunningLoop(), isReal = true) {
    if (isReal && loop.blocking) {
      throw new RuntimeError(
        `${label} cannot be awaited in a blocking run: the thread does nothing else meanwhile. ` +
          'Use `await run(…)` or `await loop.runUntilComplete(…)` instead of the `Sync` variant',
      )
    }
    super(loop.ownOptions)
    this.describes = label
    this.onCancel = onCancel
    this.held = isReal
    if (isReal) loop.wakeSources.addPromise()
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return this.describes
  }

  /** The callback came. Does nothing if it comes too late. */
  resolve(result: T): void {
    if (!this.isLate()) this.setResult(result)
  }

  /** The callback came, with an error. Does nothing if it comes too late. */
  reject(error: unknown): void {
    if (!this.isLate()) this.setException(error)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.release()
    this.onCancel?.()
    return true
  }

  /** It can't wake the loop any more. */
  protected release(): void {
    if (this.held) this.getLoop().wakeSources.removePromise()
    this.held = false
  }

  /** Settles it. Returns false if nothing waits for it any more. */
  protected isLate(): boolean {
    this.release()
    return this.done() || this.getLoop().isClosed()
  }
}

/**
 * Calls `settle` from a callback that has the stack for itself: if the loop sleeps, the waiter is resumed right here,
 * without a detour through the host's queues. Not for callbacks whose caller continues afterwards: the caller goes
 * first.
 */
export function resumeInline(loop: EventLoop, settle: () => void): void {
  const driver = loop.driver
  const hasTurn = driver?.claimTurn() === true
  try {
    settle()
  } finally {
    if (hasTurn) driver?.runClaimedTurn()
  }
}
