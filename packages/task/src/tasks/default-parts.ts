import type { Drivers, Tools } from '@spindle/loop/internal'
import { allTools } from '../explain/all-tools.ts'
import { allDrivers } from './all-drivers.ts'

export const defaultDrivers: Drivers | undefined = allDrivers()
export const defaultTools: Tools | undefined = allTools
