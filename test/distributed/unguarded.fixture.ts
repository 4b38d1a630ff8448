// A program without `if (isMain(import.meta))`: importing it starts it.

import { DistributedExecutor } from 'spindle/distributed'

export function square(n: number): number {
  return n * n
}

new DistributedExecutor().submit(square, 1)
