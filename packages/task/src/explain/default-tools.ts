import type { Toolbox } from '@spindle/loop/internal'
import { allTools } from './all-tools.ts'

/** The tools of the loops that are made here. */
export const defaultTools: Toolbox = { use: allTools }
