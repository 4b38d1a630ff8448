import type { Drivers } from '@spindle/loop/internal'
import { allDrivers } from './all-drivers.ts'

/** The drivers for the loop of a `run()`, besides the host in real time. */
export const driversOfRun: Drivers | undefined = allDrivers()
