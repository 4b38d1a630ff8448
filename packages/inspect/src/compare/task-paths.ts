import type { Recording } from '../recording.ts'

/**
 * Paths of Tasks that are the same in every run of a program: `main/b` for the Task `b` that `main` created, `main/2`
 * for its second child if that has no name, `main/load:2` for the second `load`.
 */
export function taskPaths({ rows }: Recording): Map<number, string> {
  const paths = new Map<number, string>()
  const counts = new Map<string, number>()
  const made = new Map<number, number>()
  for (const row of rows) {
    if (row.kind !== 'created') continue
    const nth = (made.get(row.parent) ?? 0) + 1
    made.set(row.parent, nth)
    const name = /^Task-\d+$/.test(row.name) ? `${nth}` : row.name.replaceAll('/', '|')
    const parent = paths.get(row.parent)
    const path = parent === undefined ? name : `${parent}/${name}`
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    paths.set(row.task, count === 1 ? path : `${path}:${count}`)
  }
  return paths
}
