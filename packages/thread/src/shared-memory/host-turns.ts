// Messages are taken in two ways: by `receiveMessageOnPort` while a thread blocks, by a listener otherwise. On Deno the
// two don't mix: a listener gets, a turn late, what `receiveMessageOnPort` has not seen, and so messages overtake each
// other. There the wake cell, which changes with each message, calls for `receiveMessageOnPort`, too.

import type { MessagePort } from 'node:worker_threads'

/** Whether listeners of a port and `receiveMessageOnPort` can be used together. */
export const CAN_MIX_LISTENERS: boolean = !('Deno' in globalThis)

/** Calls `take` now, and in a turn of the host after each change of the wake cell, while `isWanted`. For Deno. */
export async function takeWhenWoken(wakeCell: Int32Array, take: () => void, isWanted: () => boolean): Promise<void> {
  for (;;) {
    const seen = Atomics.load(wakeCell, 0)
    take()
    if (!isWanted()) return
    await waitAsync(wakeCell, 0, seen).value
  }
}

/** Has the program, or the thread, wait for what comes through a port, or not. */
export function hold(port: MessagePort, isHeld: boolean): void {
  if (!CAN_MIX_LISTENERS) {
    clearInterval(held.get(port))
    if (isHeld)
      held.set(
        port,
        setInterval(() => {}, LONG),
      )
  } else if (isHeld) port.ref()
  else port.unref()
}

const LONG = 2 ** 31 - 1
const held = new WeakMap<MessagePort, NodeJS.Timeout>() // Deno counts only ports with a listener
type WaitAsync = (cell: Int32Array, index: number, value: number) => { readonly value: unknown }
const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync } // of ES2024
