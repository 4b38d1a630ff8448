import { type EventLoop, Future } from '@spindle/loop'

/** A Future with a label that names its purpose, as in `wait_for=<Future pending for=wait(2)>`. */
export class LabelledFuture<out T> extends Future<T> {
  readonly #label: () => string

  constructor(loop: EventLoop, label: () => string) {
    super(loop.ownOptions)
    this.#label = label
  }

  override get label(): string {
    return this.#label()
  }

  override get reprName(): string {
    return 'Future'
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    return this.done() ? [state, ...rest] : [state, `for=${this.label}`, ...rest]
  }
}
