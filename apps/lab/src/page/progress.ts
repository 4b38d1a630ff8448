// What the browser keeps: which lessons are passed, and the learner's lines in each exercise. Without storage, the page
// forgets. Each lesson has its own entry, and passed lessons are only ever added, so that two tabs do not
// overwrite each other.

const PASSED = 'spindle-lab:progress'
const ATTEMPT = 'spindle-lab:attempt:'

export interface Attempt {
  readonly own: string
  /** Whether the solution was shown: then retyping it earns no tick. */
  readonly sawSolution: boolean
}

export function readPassed(): ReadonlySet<number> {
  const passed = read(PASSED)
  return new Set(Array.isArray(passed) ? passed.filter((n): n is number => Number.isInteger(n)) : [])
}

/** Adds a lesson, and keeps lessons that another tab has added. */
export function addPassed(lesson: number): ReadonlySet<number> {
  const passed = new Set([...readPassed(), lesson])
  write(PASSED, [...passed])
  return passed
}

export function readAttempt(lesson: number): Attempt | undefined {
  const attempt = read(ATTEMPT + lesson) as Partial<Attempt> | null
  return typeof attempt?.own === 'string' ? { own: attempt.own, sawSolution: attempt.sawSolution === true } : undefined
}

export function writeAttempt(lesson: number, attempt: Attempt): void {
  write(ATTEMPT + lesson, attempt)
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return null // storage is switched off
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {} // storage is switched off, or full
}
