// The lines below a picture that say what it leaves out.

import type { Layout } from './picture.ts'

export function omissions({ story, first, last, folds, lanes, groups, grouped }: Layout): string[] {
  const rows = story.recording.rows.length
  const notes: string[] = []
  if (first > 0 || last < rows - 1) {
    const left = (rows - 1 - (last - first)).toLocaleString('en')
    notes.push(`${left} of ${rows.toLocaleString('en')} events are not drawn: move the cursor to see them`)
  }
  if ([...folds.values()].some(({ length }) => length > 0))
    notes.push('× N: the Task waits N times for the same, which is drawn once')
  const hidden = story.taskCount - lanes.length - grouped.size
  if (hidden > 0) notes.push(`${hidden} of ${story.taskCount} Tasks are not drawn`)
  if (groups.length > 0) notes.push('f() × N: N Tasks share a lane, which shows how many are in each state')
  return notes
}
