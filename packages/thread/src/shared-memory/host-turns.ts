// A thread receives messages by `receiveMessageOnPort` while it blocks, otherwise by a listener. On Deno a listener
// receives them a turn later, so messages would overtake each other. There `receiveMessageOnPort` is also called when
// the wake cell changes.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** Whether listeners of a port and `receiveMessageOnPort` can be used together. */
export const CAN_MIX_LISTENERS: boolean = !('Deno' in globalThis)

/**
 * Receives all messages that have come, and calls `lost` for each that can't be read. Returns whether there was one.
 */
export function receiveAll(
  port: MessagePort,
  take: (message: unknown) => void,
  lost: (error: unknown) => void,
): boolean {
  for (let any = false; ; any = true) {
    let got: { message: unknown } | undefined
    try {
      got = receiveMessageOnPort(port)
    } catch (error) {
      lost(error)
      continue
    }
    if (got === undefined) return any
    take(got.message)
  }
}

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

/** Sets whether the thread stays alive for the messages of a port. */
export function keepAlive(port: MessagePort, isNeeded: boolean): void {
  if (CAN_MIX_LISTENERS) {
    if (isNeeded) port.ref()
    else port.unref()
    return
  }
  clearInterval(intervals.get(port))
  if (isNeeded)
    intervals.set(
      port,
      setInterval(() => {}, LONG),
    )
}

const LONG = 2 ** 31 - 1
const intervals = new WeakMap<MessagePort, NodeJS.Timeout>() // Deno counts only ports with a listener
type WaitAsync = (cell: Int32Array, index: number, value: number) => { readonly value: unknown }
const { waitAsync } = Atomics as unknown as { readonly waitAsync: WaitAsync } // of ES2024
