// The rows of the tables in docs/reference/explore.md, up to the result, which table.ts measures.

import type { Bug } from './bug.ts'
import type { PublishedRace } from './published/race.ts'

export function rowOfBug({ source, name }: Pick<Bug, 'source' | 'name'>): string {
  return `| ${source}: ${name} |`
}

export function rowOfRace({ broken, fixed, name, source }: PublishedRace): string {
  const [, name_ = '', version = ''] = /^(.+?)-(\d.*)$/.exec(broken) ?? []
  return `| ${name_} ${version} | ${fixed.slice(name_.length + 1)} | ${name} | ${source} |`
}
