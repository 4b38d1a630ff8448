import { say } from '../language/say.ts'
import type { Kind, Mode } from './programs.ts'
import type { Course } from './recorded.ts'

export interface Sentence {
  readonly tone: 'cancel' | 'fail' | 'plain'
  readonly says: string
  readonly because: string
}

/** When it was over, and why then. */
export function sentenceOf(kind: Kind, { asked, told, over }: Course, stop: number, mode: Mode): Sentence {
  if (kind === 'promise')
    return {
      tone: 'fail',
      says: say('Never over.'),
      because: say('Nothing can be said to a promise. It turns on, for nobody.'),
    }
  if (over === Number.POSITIVE_INFINITY)
    return {
      tone: 'fail',
      says: say('Never over.'),
      because: say('The Event is set, nobody looks, and join() waits forever.'),
    }
  const says = say('Over {} ms later.', over - stop)
  if (kind === 'task') {
    if (asked > stop)
      return { tone: 'fail', says, because: say('It computes: even cancel() gets no turn for {} ms.', asked - stop) }
    const because =
      mode === 'computes'
        ? say('It had just come to its yield*.')
        : say('The error is thrown in where it waits, at once.')
    return { tone: 'cancel', says, because }
  }
  const late = told - stop
  const because =
    mode === 'event'
      ? say('It was waiting for this very Event: somebody wrote that.')
      : late === 0
        ? say('It looked just then.')
        : mode === 'computes'
          ? say('It looks after {} ms. Its supervisor was on time.', late)
          : say('It turns on for {} ms, until it looks.', late)
  return { tone: 'plain', says, because }
}
