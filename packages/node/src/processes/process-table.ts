import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A process of this system that runs: a zombie has ended, and may never be collected in a container. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** When it was started, in a unit of the system. Together with its id it names the process for good. */
  readonly started: string
}

/**
 * The running processes, read from `/proc`, or from `ps` where the system has no `/proc`.
 * @param newerThan leaves out the processes that were certainly started before the one with this id, which are most
 */
export function processTable(newerThan?: number): ProcessEntry[] {
  return fromProc(newerThan) ?? fromPs()
}

/** Whether the environment of a process holds a text. False where the system does not show it. */
export function environmentHolds(pid: number, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text)
  } catch {
    return false // it has ended, belongs to another user, or there is no /proc
  }
}

function fromProc(newerThan: number | undefined): ProcessEntry[] | undefined {
  if (process.platform !== 'linux') return undefined
  const entries: ProcessEntry[] = []
  try {
    const isCandidate = newerThan === undefined ? () => true : wasStartedAfter(newerThan)
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      const entry = Number.isInteger(pid) && isCandidate(pid) ? statOf(pid) : undefined
      if (entry !== undefined) entries.push(entry)
    }
  } catch {
    return undefined // no /proc in this container, or no permission to read it
  }
  return entries
}

/** Ids are given out in order, and start again from the lowest after the highest. The system shows the last one. */
function wasStartedAfter(first: number): (pid: number) => boolean {
  const last = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1))
  return last >= first ? (pid) => pid >= first : (pid) => pid >= first || pid <= last
}

function statOf(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it may hold anything
    const [state, parent, group] = fields
    if (state === 'Z' || state === 'X') return undefined
    return { pid, parent: Number(parent), group: Number(group), started: String(fields[19]) }
  } catch {
    return undefined // it has ended
  }
}

export function fromPs(): ProcessEntry[] {
  const entries: ProcessEntry[] = []
  for (const line of psOutput().split('\n')) {
    const [, pid, parent, group, state, started] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    if (started === undefined || state?.startsWith('Z')) continue
    entries.push({ pid: Number(pid), parent: Number(parent), group: Number(group), started })
  }
  return entries
}

function psOutput(): string {
  try {
    const args = ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart=']
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000 })
  } catch {
    return '' // without ps and /proc only the group as a whole can be signalled
  }
}
