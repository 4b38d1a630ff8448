import type { LabState } from './lab-state.ts'

/** The props of each part of the page. */
export interface LabProps {
  readonly state: LabState
}
