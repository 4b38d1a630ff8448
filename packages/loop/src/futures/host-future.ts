import { getRunningLoop } from '../context/current-loop.ts'
import { blockedPromiseError } from '../errors/blocked-promise.ts'
import type { EventLoop } from '../face/event-loop.ts'
import { Future } from './future.ts'

/**
 * A Future that a callback of the host settles: Node, a browser, a promise. While it is pending it counts as a wake
 * source of its loop.
 */
export class HostFuture<T> extends Future<T> {
  private readonly describes: string
  private readonly onCancel: (() => void) | undefined
  private isCounted: boolean

  /**
   * @param label names the awaitable in pictures and errors
   * @param onCancel undoes the operation when nothing waits for it any more
   * @param isReal whether the host settles it, rather than a stand-in inside the loop
   */
  constructor(label: string, onCancel?: () => void, loop: EventLoop = getRunningLoop(), isReal = true) {
    if (isReal && loop.blocking) throw blockedPromiseError(label)
    super(loop.ownOptions)
    this.describes = label
    this.onCancel = onCancel
    this.isCounted = isReal
    if (isReal) loop.wakeSources.promises++
  }

  override get reprName(): string {
    return 'Future'
  }

  override get label(): string {
    return this.describes
  }

  resolve(result: T): void {
    if (!this.isLate()) this.setResult(result)
  }

  reject(error: unknown): void {
    if (!this.isLate()) this.setException(error)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.release()
    this.onCancel?.()
    return true
  }

  protected release(): void {
    if (this.isCounted) this.getLoop().wakeSources.promises--
    this.isCounted = false
  }

  /** Releases it. Returns whether a result comes too late. */
  protected isLate(): boolean {
    this.release()
    return this.done() || this.getLoop().isClosed()
  }
}

/**
 * Calls `settle` from a host callback that has the stack to itself. If the loop sleeps, the waiter resumes right here,
 * without passing through the host's queues. Not for a callback whose caller continues afterwards: the caller goes
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
