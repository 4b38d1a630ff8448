// The progress that the browser keeps: the lessons that are passed, and the learner's lines in each exercise. What
// storage refuses is kept until the page is left. Each lesson has a separate entry, and passed lessons are only ever
// added, so that two tabs do not overwrite each other. Lessons are kept by name; the first course kept them by number.

import { formerlyPassed, formerNumber } from '../lessons/course.ts'

const PASSED = 'spindle-lab:passed'
const FORMERLY_PASSED = 'spindle-lab:progress'
const ATTEMPT = 'spindle-lab:attempt:'

export interface Attempt {
  readonly own: string
  /** Whether the solution was shown: then retyping it earns no tick. */
  readonly sawSolution: boolean
}

/** The names of the lessons that are passed. */
export function readPassed(): ReadonlySet<string> {
  const passed = list(PASSED).filter((name): name is string => typeof name === 'string')
  return new Set([...formerlyPassed(list(FORMERLY_PASSED)), ...passed])
}

/** Adds a lesson, and keeps lessons that another tab has added. */
export function addPassed(lesson: string): ReadonlySet<string> {
  const passed = new Set([...readPassed(), lesson])
  write(PASSED, [...passed])
  return passed
}

export function readAttempt(lesson: string): Attempt | undefined {
  const attempt = (read(ATTEMPT + lesson) ?? read(ATTEMPT + formerNumber(lesson))) as Partial<Attempt> | null
  return typeof attempt?.own === 'string' ? { own: attempt.own, sawSolution: attempt.sawSolution === true } : undefined
}

export function writeAttempt(lesson: string, attempt: Attempt): void {
  write(ATTEMPT + lesson, attempt)
}

function list(key: string): readonly unknown[] {
  const value = read(key)
  return Array.isArray(value) ? value : []
}

/** Entries that storage, switched off or full, has refused. */
const refused = new Map<string, string>()

function read(key: string): unknown {
  try {
    return JSON.parse(refused.get(key) ?? localStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  const text = JSON.stringify(value)
  try {
    localStorage.setItem(key, text)
    refused.delete(key)
  } catch {
    refused.set(key, text)
  }
}
