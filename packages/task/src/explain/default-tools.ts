import type { Toolbox } from '@spindle/loop/internal'
import { allTools } from './all-tools.ts'

export const defaultTools: Toolbox = { use: allTools }
