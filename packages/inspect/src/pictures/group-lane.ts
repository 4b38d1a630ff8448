import type { Lane } from '../story/story.ts'
import { countsOf, endsOf, GROUP_STATES, type GroupState } from './groups.ts'
import type { Colours } from './shapes.ts'
import { round } from './svg-text.ts'

const HEIGHT = 36

export function groupLane(
  c: Colours,
  lanes: readonly Lane[],
  size: number,
  y: number,
  xOf: (row: number) => number,
): { readonly shapes: string; readonly ends: string; readonly to: number } {
  const fills: Record<GroupState, string> = {
    running: `fill="${c.run}"`,
    cleaning: `fill="url(#pc)"`,
    requested: `fill="url(#pr)"`,
    waiting: `fill="url(#pw)"`,
  }
  // Only the last change at each px can be seen.
  const changes = countsOf(lanes).filter(
    ({ row }, n, all) => n + 1 >= all.length || Math.floor(xOf(all[n + 1]!.row)) > Math.floor(xOf(row)),
  )
  const paths: Record<GroupState, string> = { running: '', cleaning: '', requested: '', waiting: '' }
  for (const [n, { row, counts }] of changes.entries()) {
    const x = round(xOf(row))
    const next = changes[n + 1]
    const width = round(next === undefined ? 0 : xOf(next.row) - x)
    let bottom = y + HEIGHT / 2
    for (const state of GROUP_STATES) {
      const height = round((counts[state] / size) * HEIGHT)
      if (counts[state] === 0 || width === 0) continue
      bottom = round(bottom - height)
      paths[state] += `M${x} ${bottom}h${width}v${height}h${-width}z`
    }
  }
  const shapes = GROUP_STATES.map((state) => (paths[state] === '' ? '' : `<path d="${paths[state]}" ${fills[state]}/>`))
  return { shapes: shapes.join(''), ends: endsOf(lanes), to: xOf(changes.at(-1)?.row ?? 0) }
}
