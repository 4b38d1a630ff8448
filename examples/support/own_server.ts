// A server of one's own that prints when it is ready, and ends with the program.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether a program is installed. */
export const isInstalled = (program: string): boolean => spawnSync('which', [program]).status === 0

/**
 * Starts a server in an empty folder, and returns the port that it prints.
 * @param args its arguments, given the folder
 */
export async function ownServer(
  program: string,
  args: (folder: string) => readonly string[],
  ready: RegExp,
  env: (folder: string) => Record<string, string> = () => ({}),
): Promise<{ readonly port: number; readonly end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-server-'))
  const server = spawn(program, args(folder), { env: { ...process.env, ...env(folder) }, detached: true })
  const kill = (): void => {
    if (server.pid === undefined) return // it is missing
    try {
      process.kill(-(server.pid as number), 'SIGKILL') // and its helpers
    } catch {} // it has ended
  }
  process.once('exit', kill)
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const port = await new Promise<number>((resolve, reject) => {
    let output = ''
    const read = (text: Buffer): void => {
      output += text
      const [, port] = ready.exec(output) ?? []
      if (port !== undefined) resolve(Number(port))
    }
    server.stdout.on('data', read)
    server.stderr.on('data', read)
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`${program} has ended: ${output}`)))
  })
  const end = async (): Promise<void> => {
    kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { port, end }
}
