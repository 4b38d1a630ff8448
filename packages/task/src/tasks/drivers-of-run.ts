import type { Drivers } from '@spindle/loop/internal'
import { allDrivers } from './all-drivers.ts'

/** How the loop of a `run()` can wait beside being driven by the host in real time. */
export const driversOfRun: Drivers | undefined = allDrivers()
