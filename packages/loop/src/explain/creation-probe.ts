import type { EventLoop } from '../face/event-loop.ts'
import type { Probe } from '../face/probe.ts'
import { creationStack } from '../inspect/creation-stack.ts'

const CREATION_PROBE: Probe = {
  wantsObjects: true,
  made: (object) => creationStack.record(object),
}

/** Makes a loop record where its objects are made, and report awaitables that are never awaited. */
export function recordCreation(loop: EventLoop, enabled: boolean): void {
  for (const probe of [CREATION_PROBE, loop.explainer?.unawaited]) {
    if (probe === undefined) continue
    if (enabled) loop.probes.add(probe)
    else loop.probes.remove(probe)
  }
}
