// A MariaDB server of one's own, which ends with the program.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer } from './own_server.ts'

const SERVER = '/usr/sbin/mariadbd'

/** Whether `apt-get install mariadb-server` was run. */
export const hasMariadb = (): boolean => existsSync(SERVER)

/** Starts a server on a Unix socket, with an empty database `test`. Returns the socket, and how to end the server. */
export async function startMariadb(): Promise<{ readonly socketPath: string; readonly end: () => Promise<void> }> {
  if (!hasMariadb()) throw new Error('this needs MariaDB: apt-get install mariadb-server')
  const folder = mkdtempSync(join(tmpdir(), 'spindle-mariadb-'))
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const own = ['--no-defaults', `--datadir=${join(folder, 'data')}`, ...user]
  const install = ['--auth-root-authentication-method=normal']
  execFileSync('mariadb-install-db', [...own, ...install], { stdio: 'ignore' })
  const socketPath = join(folder, 'socket')
  const args = [...own, `--socket=${socketPath}`, '--skip-networking', '--innodb-flush-log-at-trx-commit=0']
  const { hasEnded, end } = startServer([SERVER, ...args], folder)
  while (!existsSync(socketPath)) {
    if (hasEnded()) throw new Error('MariaDB has ended')
    await pause(20) // it is starting
  }
  return { socketPath, end }
}
