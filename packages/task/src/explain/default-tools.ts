import type { Toolbox } from '@spindle/loop/internal'
import { allTools } from './all-tools.ts'

/** The tools of new loops. */
export const defaultTools: Toolbox = { use: allTools }
