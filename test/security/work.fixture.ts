// Functions for pool processes: some answer, and one writes to the pipe of its own process whatever it is told.

import { fstatSync, writeSync } from 'node:fs'

export function square(n: number): number {
  return n * n
}

export function later(n: number): Promise<number> {
  return new Promise((resolve) => setTimeout(resolve, 100, n))
}

export function writesItself(bytes: Uint8Array): string {
  for (let fd = 3; fd < 30; fd++) {
    try {
      if (fstatSync(fd).isSocket()) writeSync(fd, bytes)
    } catch {} // closed, or of another kind
  }
  return 'written'
}

export function sends(message: unknown): string {
  process.send?.(message)
  return 'sent'
}
