import type { Activity } from '../replay/frame.ts'
import type { Mark } from '../story/story.ts'
import { bar, coloursOf, definitions, errorLine, markShape, orphanBar, requestLine, type Theme } from './shapes.ts'

/** A shape of the pictures, and its meaning. */
export interface LegendItem {
  /** The shape, as SVG of 34 by 22 px. */
  readonly svg: string
  readonly text: string
}

const BARS: readonly (readonly [state: Activity, text: string])[] = [
  ['running', 'runs'],
  ['waiting', 'waits'],
  ['ready', 'ready, while another Task runs'],
  ['requested', 'cancel requested; the error has not arrived yet'],
  ['erring', 'runs, handling the error'],
  ['cleaning', 'waits during its clean-up'],
  ['caught', 'caught the error and continues'],
]
const MARKS: readonly (readonly [kind: Mark['kind'], text: string])[] = [
  ['caught', 'enters a catch'],
  ['finally', 'enters a finally because of the error'],
  ['in-time', 'a block ended before its deadline'],
]

/** Returns the shapes of the pictures with their meanings. */
export function legend(theme: Theme = 'light'): LegendItem[] {
  const c = coloursOf(theme)
  const item = (shape: string, text: string): LegendItem => ({
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 22" width="34" height="22" aria-hidden="true">${definitions(c)}${shape}</svg>`,
    text,
  })
  return [
    ...BARS.map(([state, text]) => item(bar(c, state, 2, 11, 30, 0), text)),
    item(orphanBar(2, 11, 30), 'runs on although the Task that made it has ended'),
    item(requestLine(c, 'M2 11H30'), 'a request'),
    item(errorLine(c, 'M2 11H30'), 'the CancelledError'),
    item(errorLine(c, 'M2 11H30', false), 'another error'),
    ...MARKS.map(([kind, text]) => item(markShape(c, kind, 17, 11), text)),
  ]
}
