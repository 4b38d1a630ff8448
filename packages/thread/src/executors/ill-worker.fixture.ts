// A module that cannot be loaded while a file is there, as one whose top level connects to a database that is away.

import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const awayFile = (owner: number): string => join(tmpdir(), `spindle-away-${owner}`)

const owner = process.env['SPINDLE_AWAY_OWNER']
if (owner !== undefined && existsSync(awayFile(Number(owner)))) throw new Error('the database is away')

export function query(n: number): number {
  const end = Date.now() + 20
  while (Date.now() < end);
  return n + 1
}
