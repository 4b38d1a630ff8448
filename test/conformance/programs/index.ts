import type { Program } from '../language.ts'
import { cancellations } from './cancelling.ts'
import { contexts } from './contexts.ts'
import { gathers } from './gathering.ts'
import { turns } from './turns.ts'

/** The hand-written programs, by topic. */
export const programs: Readonly<Record<string, readonly Program[]>> = {
  'turns of the loop': turns,
  cancelling: cancellations,
  gather: gathers,
  contexts,
}
