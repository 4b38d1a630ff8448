import { Future } from '@spindle/loop'

/**
 * A Future with a label that says what it is for: a reader of `wait_for=<Future pending for=wait(2)>` knows what the
 * Task waits for.
 */
export abstract class LabelledFuture<out T> extends Future<T> {
  abstract override get label(): string

  override get reprName(): string {
    return 'Future'
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    return this.done() ? [state, ...rest] : [state, `for=${this.label}`, ...rest]
  }
}
