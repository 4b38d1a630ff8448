// The course: three parts of seven lessons, and the tools that each of them gives.

import type { Text } from '../language/say.ts'
import type { Lesson } from './lesson.ts'

const SIZE = 7

export interface Part {
  readonly name: Text
  readonly line: Text
}

export const PARTS: readonly Part[] = [
  { name: 'It waits', line: 'Many things at once, on one thread: what runs, what waits, and for what.' },
  { name: 'It stops', line: 'A cancel is a request that goes down, and an error that comes up.' },
  { name: 'It ends in order', line: 'When a function has returned, nothing of it still runs.' },
]

export function lessonsOf(part: Part, lessons: readonly Lesson[]): readonly Lesson[] {
  const first = PARTS.indexOf(part) * SIZE
  return lessons.slice(first, first + SIZE)
}

export function partOf({ number }: Lesson): Part {
  return PARTS[Math.floor((number - 1) / SIZE)]!
}

/** The tools that an exercise asks for: its solution has them, and its beginning has not, or not as often. */
export function neededTools({ gives, exercise }: Lesson, tools: readonly string[]): readonly string[] {
  const { start, solution } = exercise
  const isUsed = (tool: string): boolean => {
    const [before, after] = [start, solution].map((code) => code.match(patternOf(tool))?.length ?? 0)
    return after! > (gives.includes(tool) ? 0 : before!)
  }
  return tools.filter(isUsed)
}

function patternOf(tool: string): RegExp {
  return /^\w+$/.test(tool) ? new RegExp(`\\b${tool}\\b`, 'gi') : new RegExp(tool.replace(/[*()]/g, '\\$&'), 'g')
}

/**
 * The lessons by their numbers in the first course, which links, ticks and attempts may have. In place of a lesson that
 * has gone, the nearest.
 */
const FORMER = [
  'calling',
  'waiting-together',
  'who-runs-next',
  'blocking',
  'blocking',
  'what-cancel-does',
  'which-way',
  'clean-up',
  'second-cancel',
  'swallowed',
  'structured',
  'right-moment',
  'structured',
  'two-failures',
  'whose-deadline',
  'losers',
  'second-cancel',
  'back-pressure',
  'shutdown',
  'deadlock',
  'abort-signal',
]
/** Their exercises are no longer asked, so a tick for them is not kept. */
const GONE = [5, 11, 17]

/** The name of a lesson of the first course. */
export function formerLesson(number: number): string | undefined {
  return FORMER[number - 1]
}

/** The names of the lessons that were passed in the first course. */
export function formerlyPassed(numbers: readonly unknown[]): string[] {
  return FORMER.filter((_, n) => numbers.includes(n + 1) && !GONE.includes(n + 1))
}

/** The number that an exercise had in the first course. */
export function formerNumber(name: string): number | undefined {
  const number = FORMER.findIndex((former, n) => former === name && !GONE.includes(n + 1)) + 1
  return number === 0 ? undefined : number
}
