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
    return { tone: 'fail', says: 'Never over.', because: 'Nothing can be said to a promise. It turns on, for nobody.' }
  if (over === Number.POSITIVE_INFINITY)
    return { tone: 'fail', says: 'Never over.', because: 'The Event is set, nobody looks, and join() waits forever.' }
  const says = `Over ${over - stop} ms later.`
  if (kind === 'task') {
    if (asked > stop)
      return { tone: 'fail', says, because: `It computes: even cancel() gets no turn for ${asked - stop} ms.` }
    const because =
      mode === 'computes' ? 'It had just come to its yield*.' : 'The error is thrown in where it waits, at once.'
    return { tone: 'cancel', says, because }
  }
  const late = told - stop
  const because =
    mode === 'event'
      ? 'It was waiting for this very Event: somebody wrote that.'
      : late === 0
        ? 'It looked just then.'
        : mode === 'computes'
          ? `It looks after ${late} ms. Its supervisor was on time.`
          : `It turns on for ${late} ms, until it looks.`
  return { tone: 'plain', says, because }
}
