import { Future } from '@spindle/loop'

/** A Future with a label that names its purpose, as in `wait_for=<Future pending for=wait(2)>`. */
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
