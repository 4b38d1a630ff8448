import { type Tools, toolsWithoutTasks } from '@spindle/loop/internal'
import { taskExplainer } from './task-explainer.ts'

export const allTools: Tools = { ...toolsWithoutTasks, explainer: taskExplainer }
