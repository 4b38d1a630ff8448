import { type Drivers, driversWithoutTasks } from '@spindle/loop/internal'
import { ensureFuture } from './ensure-future.ts'

/** All that a loop can do. A function, so that a bundler leaves out what nobody calls. */
export function allDrivers(): Drivers {
  return { ...driversWithoutTasks, ensureFuture: (awaitable, loop) => ensureFuture(awaitable, { loop }) }
}
