// "Task and Thread, point by point" of examples/README.md, as far as one can see it.

import type { Text } from '../language/say.ts'
import type { Place } from './programs.ts'

export interface PointText {
  readonly word: Text
  readonly task: Text
  readonly thread: Text
  /** The lines of each program that the page marks. */
  readonly lines: { readonly task: readonly Place[]; readonly thread: readonly Place[] }
}

export type Point = 'begins' | 'runs' | 'waits' | 'interrupted' | 'told' | 'cleans' | 'awaited' | 'shares'

export const POINTS: Readonly<Record<Point, PointText>> = {
  begins: {
    word: 'begins',
    task: 'By itself, in the next turn: first frame at {} ms.',
    thread: 'When start() is called: first frame at {} ms.',
    lines: { task: ['make'], thread: ['make', 'start'] },
  },
  runs: {
    word: 'runs on',
    task: 'One thread for both, one at a time.',
    thread: 'A thread each, at the same time.',
    lines: { task: [], thread: [] },
  },
  waits: {
    word: 'waits',
    task: 'yield* lets go of the thread: others run (hatched).',
    thread: 'sleep() keeps its thread: it stands still (dotted).',
    lines: { task: ['pause', 'slow'], thread: ['pause', 'slow'] },
  },
  interrupted: {
    word: 'is interrupted',
    task: 'At its yield*, nowhere else: in between, no lock.',
    thread: 'Anywhere, by the system: what is shared needs a lock.',
    lines: { task: ['pause'], thread: ['open', 'pause'] },
  },
  told: {
    word: 'is told',
    task: 'By an error, thrown in where it waits.',
    thread: 'Not at all. It has to look at an Event.',
    lines: { task: ['pause', 'stop'], thread: ['look', 'stop'] },
  },
  cleans: {
    word: 'cleans up',
    task: 'In finally, on every way out. It may wait.',
    thread: 'After its loop, in plain code, if it gets there.',
    lines: { task: ['clean'], thread: ['clean'] },
  },
  awaited: {
    word: 'is waited for',
    task: 'With yield*: meanwhile, others run.',
    thread: 'With join(): it keeps its thread, and gets no result.',
    lines: { task: ['join'], thread: ['join'] },
  },
  shares: {
    word: 'shares',
    task: 'All variables.',
    thread: 'Only what is made for it, such as the Event.',
    lines: { task: ['make'], thread: ['event', 'make'] },
  },
}
