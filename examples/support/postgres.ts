// A PostgreSQL server of one's own, which ends with the program.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { startServer } from './own_server.ts'

const VERSIONS = '/usr/lib/postgresql'

/** Where `apt-get install postgresql` has put its programs. */
export const postgresFolder = (): string | undefined => {
  const [version] = existsSync(VERSIONS) ? readdirSync(VERSIONS).toSorted().toReversed() : []
  return version === undefined ? undefined : join(VERSIONS, version, 'bin')
}

export interface Postgres {
  readonly host: string
  readonly user: string
  readonly database: string
}

/** Starts a server on a Unix socket. Returns how to connect to it, and how to end it. */
export async function startPostgres(): Promise<{ readonly options: Postgres; readonly end: () => Promise<void> }> {
  const programs = postgresFolder()
  if (programs === undefined) throw new Error('this needs PostgreSQL: apt-get install postgresql')
  const host = mkdtempSync(join(tmpdir(), 'spindle-pg-'))
  const data = join(host, 'data')
  const user = otherUser()
  if (user !== undefined) execFileSync('chown', ['postgres', host])
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'spindle', '-A', 'trust', '--no-sync'], {
    ...user,
    cwd: host,
    stdio: 'ignore',
  })
  const args = ['-D', data, '-k', host, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=50']
  const { hasEnded, end } = startServer([join(programs, 'postgres'), ...args], host, user)
  const options = { host, user: 'spindle', database: 'postgres' }
  for (;;) {
    const client = new Client(options)
    try {
      await client.connect()
      await client.end()
      return { options, end }
    } catch (error) {
      if (hasEnded()) throw error
      await pause(20) // it is starting
    }
  }
}

/** PostgreSQL refuses to run as root. */
function otherUser(): { readonly uid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })) }
}
