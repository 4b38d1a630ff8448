import { stopRequested } from 'spindle/thread'

export function cube(n: number): number {
  return n ** 3
}

export function spin(): void {
  while (!stopRequested());
}
