import type { Program } from '../language.ts'
import { cancelledGroups } from './cancelled-groups.ts'
import { cancellations } from './cancelling.ts'
import { contexts } from './contexts.ts'
import { customs } from './custom.ts'
import { ends, interrupts } from './endings.ts'
import { gathers } from './gathering.ts'
import { queues } from './queues.ts'
import { groups, timeouts } from './scopes.ts'
import { streams } from './streams.ts'
import { barriers, conditions, events, locks, semaphores } from './sync.ts'
import { eager, many, turns } from './turns.ts'
import { asCompletedPrograms, shields, waitFors, waits } from './waiting.ts'

/** The hand-written programs, by topic. */
export const programs: Readonly<Record<string, readonly Program[]>> = {
  'turns of the loop': turns,
  'the end of a run': ends,
  interrupts,
  'eager Tasks': eager,
  'many of everything': many,
  cancelling: cancellations,
  contexts,
  'awaitables of one’s own': customs,
  streams,
  gather: gathers,
  wait: waits,
  waitFor: waitFors,
  shield: shields,
  asCompleted: asCompletedPrograms,
  timeout: timeouts,
  taskGroup: groups,
  'cancelled groups': cancelledGroups,
  locks,
  semaphores,
  events,
  conditions,
  barriers,
  queues,
}
