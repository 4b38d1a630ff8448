// Hot path. What `writer.drain()` returns: mostly there is room, and then it costs next to nothing.

import type { Suspension as Suspended } from '@spindle/loop'
import { SuspendedCoroutine } from '@spindle/loop/internal'
import type { StreamWriter } from './stream-writer.ts'

export class DrainOperation extends SuspendedCoroutine<void> {
  private readonly writer: StreamWriter

  constructor(writer: StreamWriter) {
    super(undefined)
    this.writer = writer
  }

  get name(): string {
    return 'StreamWriter.drain'
  }

  override [Symbol.iterator](): Iterator<Suspended, void, unknown> {
    return this.writer.mustDrain() ? this.writer.waitForRoom() : ROOM
  }
}

const ROOM: Iterator<Suspended, void, unknown> & IteratorReturnResult<void> = {
  done: true,
  value: undefined,
  next: () => ROOM,
}
