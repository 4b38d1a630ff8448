import type { Probe } from '../probe/probe.ts'
import { ambient } from './ambient-state.ts'

export function objectProbe(): Probe | undefined {
  return ambient.probedLoops === 0 ? undefined : ambient.runningLoop?.objectProbe
}
