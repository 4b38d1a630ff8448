import type { Tools } from '../face/probe.ts'
import { creationStack } from '../inspect/creation-stack.ts'
import { tellOfNewLoop } from '../reports/new-loops.ts'
import { beginDebugMode } from './debug-probe.ts'
import { EventProbe } from './event-probe.ts'
import { printReport } from './print-report.ts'
import { ProbeList } from './probe-list.ts'

export const toolsWithoutTasks: Tools = {
  creationStack,
  probes: (loop) => new ProbeList(loop),
  loopMade: tellOfNewLoop,
  events: (loop) => new EventProbe(loop).events,
  debug: beginDebugMode,
  printReport,
}
