// Finds the inspector of a process, or has it opened by SIGUSR1.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connectToPort, type Inspector } from './inspector.ts'

/** An inspector, and whether it was opened for this look. */
export interface Attached {
  readonly inspector: Inspector
  readonly port: number
  readonly isOpened: boolean
}

const OPEN_MS = 30_000
const RETRY_MS = 50
const DEFAULT_PORT = 9229
/** `--inspect=0` takes whichever port is free. */
const ANY_PORT = 0

/** Connects to the inspector of a process if it is open already. */
export async function attachToOpen(pid: number): Promise<Attached | undefined> {
  const expected = expectedPorts(pid)
  const isExpected = (port: number): boolean => expected.has(port) || expected.has(ANY_PORT)
  const found = await firstOf(portsOf(pid)?.filter(isExpected) ?? [DEFAULT_PORT], pid)
  return found && { ...found, isOpened: false }
}

/** The ports at which an inspector would listen: the others get no request, since they may be those of a server. */
function expectedPorts(pid: number): ReadonlySet<number> {
  let command = ''
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {} // another system
  const named = [...command.matchAll(/--inspect[\w-]*=(?:[^\s\0]*:)?(\d+)/g)].map(([, port]) => Number(port))
  return new Set([DEFAULT_PORT, ...named])
}

/** @throws Error if it is no process of this user, or if it is stopped */
export function checkRunning(pid: number): Command {
  if (pid === process.pid) throw new Error('this is the process of the command itself')
  try {
    process.kill(pid, 0)
  } catch (error) {
    const isOthers = (error as NodeJS.ErrnoException).code === 'EPERM'
    throw new Error(isOthers ? `process ${pid} belongs to another user` : `there is no process ${pid}`)
  }
  const command = commandOf(pid)
  if (command.isStopped) throw new Error(`process ${pid} is stopped (SIGSTOP, Ctrl-Z): it answers once it continues`)
  return command
}

/** @throws Error if it is no such process, if it does not run Node.js, or if this Node.js is too old */
export function checkTarget(pid: number): void {
  const { name, handlesSignal } = checkRunning(pid)
  if (!('WebSocket' in globalThis))
    throw new Error('this needs Node 22 or later; on Node 20, set NODE_OPTIONS=--experimental-websocket')
  // SIGUSR1 ends a process that does not expect it.
  if (!/node|electron/i.test(name)) throw new Error(`process ${pid} is not Node.js: it is ${name}`)
  if (!handlesSignal)
    throw new Error(`process ${pid} does not handle SIGUSR1: it is about to start, or runs with --disable-sigusr1`)
}

/** Sends SIGUSR1, which has Node.js open the inspector, and connects to it. */
export async function openAndAttach(pid: number): Promise<Attached> {
  const before = new Set(portsOf(pid))
  process.kill(pid, 'SIGUSR1')
  const end = Date.now() + OPEN_MS
  for (;;) {
    const found = await firstOf(portsOf(pid)?.filter((port) => !before.has(port)) ?? [DEFAULT_PORT], pid)
    if (found !== undefined) return { ...found, isOpened: true }
    checkTarget(pid)
    if (Date.now() > end)
      throw new Error(
        `process ${pid} has not opened its inspector within ${OPEN_MS / 1000} s of SIGUSR1: it handles the signal itself, or blocks in a call, or another process has port ${DEFAULT_PORT}`,
      )
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** Connects to the first of the ports that has the inspector of this process, and not of another. */
async function firstOf(ports: readonly number[], pid: number): Promise<Omit<Attached, 'isOpened'> | undefined> {
  for (const port of ports) {
    const inspector = await connectToPort(port).catch(() => undefined)
    const answer = await inspector?.post('Runtime.evaluate', { expression: 'process.pid' }).catch(() => undefined)
    if ((answer as { result: { value?: unknown } } | undefined)?.result.value === pid)
      return { inspector: inspector!, port }
    inspector?.close()
  }
  return undefined
}

interface Command {
  readonly name: string
  readonly isStopped: boolean
  readonly handlesSignal: boolean
}

const SIGUSR1_BIT = 1n << 9n

function commandOf(pid: number): Command {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    const name = readlinkSync(`/proc/${pid}/exe`).replace(/^.*\//, '')
    const handlesSignal = (BigInt(`0x${field('SigCgt') || '0'}`) & SIGUSR1_BIT) !== 0n
    return { name, isStopped: /^[Tt]/.test(field('State')), handlesSignal }
  } catch {
    // Another system than Linux.
    const [state = '', ...words] = execFileSync('ps', ['-o', 'state=,comm=', '-p', `${pid}`], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return { name: words.join(' '), isStopped: /^T/.test(state), handlesSignal: true }
  }
}

/** The TCP ports at which a process listens; undefined on systems that do not say. */
function portsOf(pid: number): number[] | undefined {
  try {
    const sockets = new Set<string>()
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
        if (inode !== undefined) sockets.add(inode)
      } catch {} // closed meanwhile
    }
    return readFileSync(`/proc/${pid}/net/tcp`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENS && sockets.has(inode ?? ''))
      .map(([, local = '']) => Number.parseInt(local.replace(/^.*:/, ''), 16))
  } catch {
    return undefined
  }
}

const LISTENS = '0A'
