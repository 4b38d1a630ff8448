import { creationStack } from '../inspect/creation-stack.ts'
import type { Tools } from '../probe/tools.ts'
import { tellOfNewLoop } from '../reports/new-loops.ts'
import { beginDebugMode } from './debug-probe.ts'
import { LoopEvents } from './loop-events.ts'
import { printReport } from './print-report.ts'
import { ProbeList } from './probe-list.ts'

export const toolsWithoutTasks: Tools = {
  creationStack,
  probes: (loop) => new ProbeList(loop),
  loopMade: tellOfNewLoop,
  events: (loop) => new LoopEvents(loop),
  debug: beginDebugMode,
  printReport,
}
