// Finds the inspector of a process, or has it opened by SIGUSR1.

import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { connectToPort, type Inspector } from './inspector.ts'

/** An inspector, and whether it was opened for this look. */
export interface Attached {
  readonly inspector: Inspector
  readonly isOpened: boolean
}

const OPEN_MS = 30_000
const RETRY_MS = 50
const DEFAULT_PORT = 9229

/** Connects to the inspector of a process if it is open already. */
export async function attachToOpen(pid: number): Promise<Attached | undefined> {
  const inspector = await inspectorOf(pid)
  return inspector && { inspector, isOpened: false }
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
  process.kill(pid, 'SIGUSR1')
  const end = Date.now() + OPEN_MS
  for (;;) {
    const inspector = await inspectorOf(pid)
    if (inspector !== undefined) return { inspector, isOpened: true }
    checkTarget(pid)
    if (Date.now() > end)
      throw new Error(
        `process ${pid} has not opened its inspector within ${OPEN_MS / 1000} s of SIGUSR1: it handles the signal itself, or blocks in a call, or another process has port ${DEFAULT_PORT}, or its inspector is open at a port that its command does not name (--inspect=0)`,
      )
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

/** Connects to the inspector of this process: another one may have the port. */
async function inspectorOf(pid: number): Promise<Inspector | undefined> {
  for (const port of portsOf(pid)) {
    const inspector = await connectToPort(port).catch(() => undefined)
    const answer = await inspector?.post('Runtime.evaluate', { expression: 'process.pid' }).catch(() => undefined)
    if ((answer as { result: { value?: unknown } } | undefined)?.result.value === pid) return inspector
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

/** The ports at which an inspector would listen: the others get no request, since they may be those of a server. */
function portsOf(pid: number): readonly number[] {
  let command = ''
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {} // another system
  const named = [...command.matchAll(/--inspect[\w-]*=(?:[^\s\0]*:)?(\d+)/g)].map(([, port]) => Number(port))
  return [...new Set([DEFAULT_PORT, ...named.filter((port) => port > 0)])]
}
