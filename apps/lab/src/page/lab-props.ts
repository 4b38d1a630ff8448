import type { LabState } from './lab-state.ts'

export interface LabProps {
  readonly state: LabState
}
