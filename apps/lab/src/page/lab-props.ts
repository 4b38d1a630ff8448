import type { LabState } from './lab-state.ts'

/** What each part of the page is given. */
export interface LabProps {
  readonly state: LabState
}
