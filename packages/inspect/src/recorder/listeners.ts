import type { EventLoop } from 'spindle'
import type { LoopEventMap } from 'spindle/tools'

export class Listeners {
  readonly #undo: (() => void)[] = []

  add<Name extends keyof LoopEventMap>(
    loop: EventLoop,
    name: Name,
    listener: (event: LoopEventMap[Name]) => void,
  ): void {
    loop.events.on(name, listener as never)
    this.#undo.push(() => loop.events.off(name, listener as never))
  }

  removeAll(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }
}
