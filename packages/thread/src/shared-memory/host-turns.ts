// Messages are taken in two ways: by `receiveMessageOnPort` while a thread blocks, by a listener otherwise. On Deno the
// two don't mix: a listener gets, a turn late, what `receiveMessageOnPort` has not seen, and so messages overtake each
// other. There the wake cell, which changes with each message, calls for `receiveMessageOnPort`, too.

import type { MessagePort } from 'node:worker_threads'

/** Whether listeners of a port and `receiveMessageOnPort` can be used together. */
export const CAN_MIX_LISTENERS: boolean = !('Deno' in globalThis)

/** Calls `receive` now, and in a turn of the host after each change of the wake cell, while `isWanted`. For Deno. */
export async function receiveWhenWoken(
  wakeCell: Int32Array,
  receive: () => void,
  isWanted: () => boolean,
): Promise<void> {
  for (;;) {
    const seen = Atomics.load(wakeCell, 0)
    receive()
    if (!isWanted()) return
    await waitAsync(wakeCell, 0, seen).value
  }
}

/** Sets whether the thread stays alive for what comes through a port. */
export function keepAlive(port: MessagePort, isNeeded: boolean): void {
  if (CAN_MIX_LISTENERS) {
    if (isNeeded) port.ref()
    else port.unref()
    return
  }
  clearInterval(intervals.get(port))
  if (isNeeded) {
    const interval = setInterval(() => {}, LONG)
    intervals.set(port, interval)
  }
}

const LONG = 2 ** 31 - 1
const intervals = new WeakMap<MessagePort, NodeJS.Timeout>() // Deno counts only ports with a listener
type WaitAsync = (cell: Int32Array, index: number, value: number) => { readonly value: unknown }
const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync } // of ES2024
