// Functions for pool processes: some answer, and one writes to the pipe of its own process whatever it is told.

import { fstatSync, writeSync } from 'node:fs'

export function square(n: number): number {
  return n * n
}

export function later(n: number): Promise<number> {
  return new Promise((resolve) => setTimeout(resolve, 100, n))
}

/** Ends then: the call of a process would wait for the rest of a message that is longer than what it has sent. */
export function writesItself(bytes: Uint8Array): never {
  for (let fd = 3; fd < 30; fd++) {
    try {
      if (fstatSync(fd).isSocket()) writeSync(fd, bytes)
    } catch {} // closed, or of another kind
  }
  process.exit()
}

export function sends(message: unknown): string {
  process.send?.(message)
  return 'sent'
}
