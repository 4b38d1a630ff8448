// How the instrument begins: ?stop=360&thread=looks&point=told&promise, in the address of its page.

import { POINTS, type Point } from './points.ts'
import { MODES, type Mode, STOPS } from './programs.ts'

export interface Settings {
  readonly stop: number
  readonly thread: Mode
  readonly point: Point | undefined
  /** Whether the promise is shown as a third row. */
  readonly promise: boolean
}

/** Ignores unknown values, and returns the usual settings in their place. */
export function settingsOf(search: string): Settings {
  const asked = new URLSearchParams(search)
  const stop = Math.round(Number(asked.get('stop')) / 10) * 10
  const point = asked.get('point')
  return {
    stop: STOPS.includes(stop) ? stop : 360,
    thread: MODES.find((mode) => mode === asked.get('thread')) ?? 'looks',
    point: point !== null && Object.hasOwn(POINTS, point) ? (point as Point) : undefined,
    promise: asked.has('promise'),
  }
}
