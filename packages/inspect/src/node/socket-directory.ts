// The folder with the sockets of processes that can be inspected; only the user has access to it. `<pid>.sock` is that
// of the main thread, and `<pid>.steps` that of its helper thread.

import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MonitoredProcess {
  readonly pid: number
  readonly socket: string
}

/**
 * Returns the folder, and creates it if necessary.
 * @throws Error if it belongs to another user, or if others may read it
 */
export function socketDirectory(): string {
  const uid = process.getuid?.()
  if (uid === undefined) throw new Error('spindle looks at processes through Unix sockets, which Windows has not')
  const directory = process.env['XDG_RUNTIME_DIR'] || join(tmpdir(), `spindle-${uid}`)
  const folder = process.env['XDG_RUNTIME_DIR'] ? join(directory, 'spindle') : directory
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid: owner, mode } = lstatSync(folder)
  const isOurs = owner === uid && (mode & 0o170000) === 0o040000 && (mode & 0o077) === 0
  if (!isOurs) throw new Error(`${folder} must be a folder that belongs to you alone (mode 0700)`)
  return folder
}

export function socketPath(pid: number): string {
  return join(socketDirectory(), `${pid}.sock`)
}

/** The socket of the helper thread of a process, which answers while the main thread blocks. */
export function stepSocketPath(pid: number): string {
  return join(socketDirectory(), `${pid}.steps`)
}

/** All sockets, including sockets of processes that died without cleaning up. */
export function monitoredProcesses(): MonitoredProcess[] {
  const directory = socketDirectory()
  return readdirSync(directory).flatMap((file) => {
    const [, pid] = /^(\d+)\.sock$/.exec(file) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), socket: join(directory, file) }]
  })
}
