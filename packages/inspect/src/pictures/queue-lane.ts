// The length of a queue as a curve: it goes up when an item is put, and down when one is taken.

import { append } from '../grouped.ts'
import type { Recording } from '../recording.ts'
import type { Colours } from './shapes.ts'
import { round } from './svg-text.ts'

export interface QueueCurve {
  readonly name: string
  readonly steps: readonly { readonly row: number; readonly length: number }[]
  /** The step at which it is the longest. */
  readonly peak: { readonly row: number; readonly length: number }
}

export const QUEUE_LANE = 50
const HEIGHT = 30

/** The queues of a recording that ever hold an item. */
export function queuesOf({ rows }: Recording): QueueCurve[] {
  const steps = new Map<string, { row: number; length: number }[]>()
  for (const [n, row] of rows.entries()) {
    if (row.kind === 'resource' && (row.action === 'put' || row.action === 'got' || row.action === 'dropped'))
      append(steps, row.resource, { row: n, length: row.value })
  }
  return [...steps]
    .map(([name, all]) => ({ name, steps: all, peak: all.reduce((a, b) => (b.length > a.length ? b : a)) }))
    .filter(({ peak }) => peak.length > 0)
}

/** The area below the curve. Its base is `y`, and it ends at `right`. */
export function queueLane(
  c: Colours,
  { name, steps, peak }: QueueCurve,
  y: number,
  xOf: (row: number) => number,
  right: number,
): string {
  const path = steps.map(({ row, length }) => `H${xOf(row)}V${round(y - (length / peak.length) * HEIGHT)}`)
  const title = `<title>the length of ${name}, ${peak.length} at most</title>`
  return `<g class="queue">${title}<path d="M${xOf(steps[0]!.row)} ${y}${path.join('')}H${right}V${y}z" fill="${c.ready}" fill-opacity=".35" stroke="${c.run}"/></g>`
}
