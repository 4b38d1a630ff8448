import { getRunningLoop } from '@spindle/loop'

/** The time on the clock of the running loop, in ms. */
export function now(): number {
  return getRunningLoop().time()
}
