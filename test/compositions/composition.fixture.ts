// Compositions on another thread: what is called there cannot be stopped from here, so each stops its own programs.

import fc from 'fast-check'
import { compositions, faultOf, isKnown } from './composition.ts'

export async function faultsOnThread(seed: number, numRuns: number): Promise<string[]> {
  const faults: string[] = []
  for (const composition of fc.sample(compositions, { seed, numRuns })) {
    const fault = await faultOf(composition)
    if (fault !== undefined && !isKnown(composition, fault)) faults.push(`${fault}\n${JSON.stringify(composition)}`)
  }
  return faults
}
