import type { Drivers } from '@spindle/loop/internal'
import { allDrivers } from './all-drivers.ts'

export const driversOfRun: Drivers | undefined = allDrivers()
