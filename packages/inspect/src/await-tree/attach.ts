// Finds the inspector of a process, or has it opened by SIGUSR1.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connectToPort, type Inspector } from './inspector.ts'

const OPEN_MS = 10_000
const RETRY_MS = 50
const DEFAULT_PORT = 9229
const NODE = /node|electron/i

/** @throws Error if it is no process of this user, or if it is stopped */
export function checkRunning(pid: number): Command {
  if (pid < 1) throw new Error(`there is no process ${pid}`) // 0 is a group of processes
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
  if (!NODE.test(name)) throw new Error(`process ${pid} is not Node.js: it is ${name}`)
  if (!handlesSignal)
    throw new Error(`process ${pid} does not handle SIGUSR1: it is about to start, or runs with --disable-sigusr1`)
}

/** Sends SIGUSR1, which has Node.js open the inspector, and connects to it. */
export async function openAndAttach(pid: number): Promise<Inspector> {
  process.kill(pid, 'SIGUSR1')
  for (const start = Date.now(); Date.now() - start < OPEN_MS; ) {
    const inspector = await attachToOpen(pid)
    if (inspector !== undefined) return inspector
    checkTarget(pid)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
  throw new Error(
    `process ${pid} has not opened its inspector within ${OPEN_MS / 1000} s of SIGUSR1: it handles the signal itself, or blocks in a call, or a server has port ${portsOf(pid).at(-1)}, or its inspector is open at a port that its command does not name`,
  )
}

/** The processes of Node.js that a process has started, itself or through others: of a runner, they do the work. */
export function startedBy(pid: number): { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const all = (stdout ?? '').split('\n').flatMap((line) => {
    const [, one, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return one === undefined ? [] : [{ pid: Number(one), parent: Number(parent), command }]
  })
  const found = new Set([pid])
  for (const parent of found) for (const one of all) if (one.parent === parent) found.add(one.pid)
  return all.filter((one) => one.pid !== pid && one.pid !== process.pid && found.has(one.pid) && isNode(one.pid))
}

function isNode(pid: number): boolean {
  try {
    return NODE.test(commandOf(pid).name)
  } catch {
    return false // it has ended
  }
}

/**
 * Connects to the inspector of a process if it is open.
 * @throws Error if that of another process has the port
 */
export async function attachToOpen(pid: number): Promise<Inspector | undefined> {
  let other: unknown
  for (const port of portsOf(pid)) {
    const inspector = await connectToPort(port).catch(() => undefined)
    const answer = await inspector?.post('Runtime.evaluate', { expression: 'process.pid' }).catch(() => undefined)
    other = (answer as { result: { value?: unknown } } | undefined)?.result.value
    if (other === pid) return inspector
    inspector?.close()
  }
  if (other === undefined) return undefined
  throw new Error(
    `process ${pid} cannot open its inspector: that of process ${other} has its port, ${portsOf(pid).at(-1)}`,
  )
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
    // Another system than Linux, or the process is ending.
    const { stdout } = spawnSync('ps', ['-o', 'state=,comm=', '-p', `${pid}`], { encoding: 'utf8' })
    const [state = '', ...words] = (stdout ?? '').trim().split(/\s+/)
    if (state === '' || state.startsWith('Z')) throw new Error(`process ${pid} has ended`)
    return { name: words.join(' '), isStopped: /^T/.test(state), handlesSignal: true }
  }
}

/**
 * The ports at which an inspector would listen, that of SIGUSR1 last. The others get no request, since they may be
 * those of a server, unless the command has the system choose one.
 */
function portsOf(pid: number): readonly number[] {
  let command = ''
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {} // another system
  const named = [...command.matchAll(/--inspect[\w-]*=(?:[^\s\0]*:)?(\d+)/g)].map(([, port]) => Number(port))
  return [...new Set([DEFAULT_PORT, ...named.flatMap((port) => (port > 0 ? port : listening(pid)))])]
}

/** The ports of this machine alone at which a process listens. */
function listening(pid: number): number[] {
  const folder = `/proc/${pid}/fd`
  const files = readdirSync(folder).map((file) => {
    try {
      return readlinkSync(`${folder}/${file}`)
    } catch {
      return '' // it is closed again
    }
  })
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').trim().split('\n')
  return lines.flatMap((line) => {
    const [, address = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    const isOwn = state === '0A' && files.includes(`socket:[${inode}]`)
    return isOwn && address.startsWith('0100007F:') ? Number.parseInt(address.slice(9), 16) : []
  })
}
