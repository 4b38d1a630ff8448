// Servers of one's own, which end with the program, also when that is killed: each is a tree of processes of Spindle.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forEach, getHostLoop, wait } from 'spindle'
import { subprocess } from 'spindle/node'

/** Whether a program is installed. */
export const isInstalled = (program: string): boolean => spawnSync('which', [program]).status === 0

export interface OwnServer {
  readonly hasEnded: () => boolean
  /** Ends it, with its helpers, and removes its folder. */
  readonly end: () => Promise<void>
}

interface ServerOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number | undefined
  readonly onLine?: (line: string) => void
}

/** Starts a server in a folder, which is removed when it has ended. */
export function startServer(
  command: readonly [string, ...string[]],
  folder: string,
  { onLine = () => {}, ...options }: ServerOptions = {},
): OwnServer {
  const stdio = { stdin: 'ignore', stdout: 'pipe', stderr: 'stdout' } as const
  const server = getHostLoop().createTask(
    subprocess(command, { ...stdio, ...options, cwd: folder, graceTime: 1000 }, function* (process) {
      yield* forEach(process.stdout, function* (line) {
        onLine(`${line}`)
      })
    }),
  )
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove) // after the server, which Spindle kills then
  return {
    hasEnded: () => server.done(),
    async end() {
      server.cancel()
      await getHostLoop().createTask(wait([server]))
      remove()
    },
  }
}

/**
 * Starts a server in an empty folder, and returns the port that it prints.
 * @param args its arguments
 */
export async function ownServer(
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: (folder: string) => Record<string, string> = () => ({}),
): Promise<{ readonly port: number; readonly end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-server-'))
  let output = ''
  let port: string | undefined
  const onLine = (line: string): void => {
    output += line
    port ??= ready.exec(line)?.[1]
  }
  const { hasEnded, end } = startServer([program, ...args], folder, { env: { ...process.env, ...env(folder) }, onLine })
  while (port === undefined) {
    if (hasEnded()) throw new Error(`${program} has ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return { port: Number(port), end }
}
