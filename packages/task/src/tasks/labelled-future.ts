import { type EventLoop, Future } from '@spindle/loop'

/** A Future with a label that names its purpose, as in `wait_for=<Future pending for=wait(2)>`. */
export class LabelledFuture<out T> extends Future<T> {
  readonly #label: () => string
  readonly #members: Iterable<Future>

  constructor(loop: EventLoop, label: () => string, members: Iterable<Future> = []) {
    super(loop.ownOptions)
    this.#label = label
    this.#members = members
  }

  override get label(): string {
    return this.#label()
  }

  override get members(): Iterable<Future> {
    return this.#members
  }

  override get reprName(): string {
    return 'Future'
  }

  protected override reprInfo(): string[] {
    const [state = '', ...rest] = super.reprInfo()
    return this.done() ? [state, ...rest] : [state, `for=${this.label}`, ...rest]
  }
}
