import { chmodSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'

export function listenForOwner(server: Server, path: string): void {
  rmSync(path, { force: true }) // left by a process that had the same id
  server.once('listening', () => chmodSync(path, 0o600)) // the folder is closed to others from the start
  server.listen(path)
}
