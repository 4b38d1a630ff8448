// A link contains the program, the schedule and the cursor, as deflated JSON in the fragment, which is never sent to a
// server.

import { formerLesson } from '../lessons/course.ts'
import type { CancelAt } from '../sandbox/run-request.ts'
import { TRIALS, type Trial } from '../sandbox/trial.ts'

/** The contents of a link. Without a source, it means the lesson's own program. */
export interface Shared {
  /** Its name, or `playground`. */
  readonly lesson: string
  /** Whether the program is an attempt at the lesson's exercise. */
  readonly exercise?: boolean | undefined
  readonly source?: string | undefined
  /** The name of a famous bug, whose program it is. */
  readonly bug?: string | undefined
  readonly schedule: readonly CancelAt[]
  readonly cursor?: number | undefined
  /** The schedules that were tried: following the link tries them again, with the same result. */
  readonly trial?: Trial | undefined
}

export const PLAYGROUND = 'playground'

/** In links of version 1, which are still followed, a lesson is a number of the first course. */
const VERSION = 2
const MAX_LINK = 200_000
const MAX_SOURCE = 500_000

/** @param shared undefined: the page on which one begins */
export async function encodeLink(shared: Shared | undefined): Promise<string> {
  if (shared === undefined) return '#'
  const { source, schedule, cursor, trial, bug } = shared
  const isAsItIs = schedule.length === 0 && cursor === undefined && trial === undefined
  if (bug !== undefined && isAsItIs) return `#${bug}`
  if (source === undefined && isAsItIs) return `#${shared.lesson}`
  const json = JSON.stringify({ v: VERSION, ...shared })
  const bytes = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(json))
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return `#code=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
}

/** @throws Error that describes the fault of the link */
export async function decodeLink(fragment: string): Promise<Shared> {
  const number = /^#(\d+)$/.exec(fragment)?.[1]
  if (number !== undefined) return { lesson: lessonNamed(Number(number)), schedule: [] }
  if (/^#[a-z-]+$/.test(fragment)) return { lesson: fragment.slice(1), schedule: [] }
  const code = /^#code=([\w-]*)$/.exec(fragment)?.[1]
  if (code === undefined) throw new Error('This link is broken: ask for it again, or copy it as a whole.')
  if (code.length > MAX_LINK) throw new Error('This link is too long for the Lab. Send the program as a file.')
  let json: string
  try {
    const binary = atob(code.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = await through(
      new DecompressionStream('deflate-raw'),
      Uint8Array.from(binary, (c) => c.charCodeAt(0)),
    )
    json = new TextDecoder().decode(bytes)
  } catch {
    throw new Error('This link is broken: part of it is missing. Copy it as a whole.')
  }
  return checked(JSON.parse(json))
}

/** Numbers are those of the first course; there, 0 was the playground. */
export function lessonNamed(lesson: string | number): string {
  const number = typeof lesson === 'number' ? lesson : /^\d+$/.test(lesson) ? Number(lesson) : undefined
  if (number === undefined) return String(lesson)
  return number === 0 ? PLAYGROUND : (formerLesson(number) ?? String(lesson))
}

function checked(value: unknown): Shared {
  const { v, lesson, exercise, source, schedule, cursor, trial } = (value ?? {}) as Record<string, unknown>
  if (typeof v === 'number' && v > VERSION)
    throw new Error('This link was made by a later version of the Lab. Reload the page.')
  const isSchedule =
    Array.isArray(schedule) &&
    schedule.length <= 100 &&
    schedule.every(
      (at) => typeof at?.function === 'string' && Number.isInteger(at.nth) && (at.times === 1 || at.times === 2),
    )
  const isLesson = v === VERSION ? typeof lesson === 'string' : v === 1 && Number.isInteger(lesson)
  if (!isLesson || !isSchedule) throw new Error('This link is broken: it holds no program of the Lab.')
  return {
    lesson: lessonNamed(lesson as string | number),
    exercise: exercise === true ? true : undefined,
    source: typeof source === 'string' ? source : undefined,
    schedule,
    cursor: Number.isInteger(cursor) ? (cursor as number) : undefined,
    trial: typeof trial === 'string' && Object.hasOwn(TRIALS, trial) ? (trial as Trial) : undefined,
  }
}

/** @throws Error if a small link would become a large program */
async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  let length = 0
  const limited = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      length += chunk.length
      if (length > MAX_SOURCE) throw new Error('too much')
      controller.enqueue(chunk)
    },
  })
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(stream).pipeThrough(limited)).arrayBuffer(),
  )
}
