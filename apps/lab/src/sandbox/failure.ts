// How a program fails, in the words of the page, with advice.

import { type Position, type Recording, replay, type TaskState } from '@spindle/inspect'
import * as testing from '@spindle/testing'
import * as spindle from 'spindle'
import type { Lines } from '../lessons/lesson.ts'
import { showAll } from './show-value.ts'

export interface Failure {
  /** The kind of failure decides the title that the page gives it. */
  readonly kind: 'syntax' | 'error' | 'never-waits' | 'never-ends' | 'deadlock' | 'too-long'
  readonly message: string
  /** 0: unknown. */
  readonly line: number
  /** The message of the exception that the program ended with; '' if it depends on how the Lab runs the program. */
  readonly error?: string | undefined
}

/**
 * @param lines how many lines the program has
 * @param own the lines of an answer: a deadlock is described by the Tasks that wait there
 */
export function failureOf(error: unknown, recording: Recording, lines: number, own?: Lines): Failure {
  try {
    if (error instanceof spindle.DeadlockError) return { kind: 'deadlock', ...describeDeadlock(recording, own) }
    if (!(error instanceof Error)) return { kind: 'error', message: `threw ${showAll([error])}. ${ADVISED}`, line: 0 }
    const line = Math.min(lineOf(error), lines)
    return { kind: 'error', message: withAdvice(error), line, error: error instanceof TypeError ? '' : error.message }
  } catch {
    return { kind: 'error', message: `threw an object that cannot be read. ${ADVISED}`, line: 0 }
  }
}

const ADVISED = 'Throw an Error: it knows its line'

// Messages of the engine and the loop for common mistakes, with advice.
const ADVICE: readonly (readonly [says: RegExp, advice: string])[] = [
  [/^Maximum call stack size exceeded/, 'The function calls itself without end: end the recursion, or use a loop'],
  [/^Invalid string length/, 'The text grows without end: limit its length'],
  [/^Invalid (typed )?array length|^Array buffer allocation failed/, 'There is not enough memory: use a smaller size'],
  [/^Cannot (assign to read only|add|define|redefine|delete) property/, 'It is given, and stays as it is'],
  [/^Invalid delay/, 'Pass the ms to wait, as a number'],
]

function withAdvice({ name, message }: Error): string {
  const missing = name === 'ReferenceError' ? /^(\w+) is not defined$/.exec(message)?.[1] : undefined
  const advice = missing === undefined ? ADVICE.find(([says]) => says.test(message))?.[1] : adviceOnName(missing)
  return `${message === '' ? name : `${name}: ${message}`}${advice === undefined ? '' : `. ${advice}`}`
}

function adviceOnName(name: string): string {
  if (name in spindle) return `Add it to the import: import { ${name} } from 'spindle'`
  if (name in testing) return `Add it to the import: import { ${name} } from '@spindle/testing'`
  if (OUTSIDE.test(name)) return 'Programs in the Lab have neither a page nor Node: they have console and time'
  return 'Look for a slip in the name, or declare it'
}

const OUTSIDE = /^(?:document|window|alert|localStorage|require|module|Buffer)$/

export function describeDeadlock(recording: Recording, own?: Lines): { message: string; line: number } {
  // At its end, run() cancels waiting Tasks, so only earlier rows count.
  const end = recording.rows.findIndex((row) => row.kind === 'cancelling' && row.source === 'run')
  const { tasks } = replay(recording).at((end === -1 ? recording.rows.length : end) - 1)
  const all = [...tasks.values()].filter(({ status }) => status === 'waiting')
  if (all.length === 0) return { message: 'it awaits a promise that nothing settles', line: 0 }
  const placeOf = ({ positions }: TaskState): Position | undefined =>
    own === undefined ? positions.at(-1) : positions.findLast(({ line }) => line >= own.from && line <= own.to)
  const theirs = all.filter((task) => placeOf(task) !== undefined)
  const waiting = theirs.length > 0 ? theirs : all
  const named = waiting.slice(0, 4).map((task) => {
    const { name, waitsFor } = task
    const what = tasks.get(waitsFor?.task ?? 0)?.name ?? waitsFor?.label
    const place = placeOf(task)
    return `${(own && place?.function) || name} waits for ${what}${place === undefined ? '' : ` at line ${place.line}`}`
  })
  if (waiting.length > named.length) named.push(`and ${waiting.length - named.length} more Tasks wait`)
  const whom = waiting.length === 1 ? 'it' : 'one of them'
  return {
    message: `nothing is left that could wake ${whom}: ${named.join('; ')}`,
    line: placeOf(waiting[0]!)?.line ?? 0,
  }
}

/** The line of the program in a stack; 0 if there is none. */
export function lineOf(error: { readonly stack?: string | undefined }): number {
  return Number(/[( ]program\.ts:(\d+)/.exec(error.stack ?? '')?.[1] ?? 0)
}
