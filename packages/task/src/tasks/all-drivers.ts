import { type Drivers, driversWithoutTasks } from '@spindle/loop/internal'
import { ensureFuture } from './ensure-future.ts'

/** Every driver of a loop. A function, so that a bundler omits it if nothing calls it. */
export function allDrivers(): Drivers {
  return { ...driversWithoutTasks, ensureFuture: (awaitable, loop) => ensureFuture(awaitable, { loop }) }
}
