// A process and all its descendants. The members are found in three ways, because each misses some:
//
//   the process group      signalled as a whole, so that nothing escapes by forking; a child may leave it by `setsid`
//   parent ids             where the group is shared with this process; lost for children whose parent has ended
//   a variable             which children inherit; a child with an empty environment loses it, and only Linux shows it

import { randomBytes } from 'node:crypto'
import { environmentHolds, type ProcessEntry, processTable } from './process-table.ts'
import { TreeGuard } from './tree-guard.ts'

const VARIABLE = 'SPINDLE_TREE'

/** How long ids are certain not to have started again from the lowest, in ms. */
const IDS_LAST_MS = 1000
const ROUNDS_OF_KILLING = 3

// The trees of this process have its name in theirs, so that one guard finds all of them.
let own: { readonly name: string; readonly guard: TreeGuard; count: number } | undefined

/** The processes that one process has started, directly or not, and itself. */
export class ProcessTree {
  /** The environment for the first process. A tree inside of another has the names of both. */
  readonly env: NodeJS.ProcessEnv
  readonly #name: string
  readonly #started = performance.now()
  readonly #ownsGroup: boolean
  // Until nothing of it runs.
  #guard: TreeGuard | undefined
  #leader = 0
  #leaderEnded = false
  // The members that were found last: they stay members when their parents end.
  #known = new Map<number, string>()

  /**
   * @param ownsGroup whether the first process is started in a separate process group
   * @param isGuarded whether it is ended when this process is killed
   */
  constructor(env: NodeJS.ProcessEnv, ownsGroup: boolean, isGuarded: boolean) {
    own ??= ownTrees()
    this.#name = `${own.name}.${++own.count}.`
    const outer = process.env[VARIABLE]
    this.env = { ...env, [VARIABLE]: outer === undefined ? this.#name : `${outer}:${this.#name}` }
    this.#ownsGroup = ownsGroup
    this.#guard = isGuarded ? own.guard : undefined
    this.#guard?.treeBegins()
  }

  begin(leader: number): void {
    this.#leader = leader
    if (this.#ownsGroup) this.#guard?.groupBegins(leader)
  }

  /** The first process has ended, and its id may be used again. */
  leaderHasEnded(): void {
    this.#leaderEnded = true
  }

  /**
   * Nothing of it runs, or nothing more can be done about it.
   * @param then called when its guard has ended as well, or is needed by other trees
   */
  ended(then = (): void => {}): void {
    const guard = this.#guard
    this.#guard = undefined
    if (guard === undefined) then()
    else guard.treeEnded(this.#ownsGroup ? this.#leader : undefined, then)
  }

  /** Whether nothing of it runs. Looks twice: a process that has just forked and ended may hide its child once. */
  isEmpty(): boolean {
    return this.#members().length === 0 && this.#members().length === 0
  }

  /**
   * Sends a signal to all of it, and returns whether there was a process to receive it.
   * @throws TypeError if there is no such signal
   */
  signal(signal: NodeJS.Signals | number): boolean {
    const isGroup =
      this.#ownsGroup && (!this.#leaderEnded || this.#members().some(({ group }) => group === this.#leader))
    let isReceived = isGroup && send(-this.#leader, signal)
    for (const { pid, group } of this.#members()) {
      if (isGroup && group === this.#leader) continue
      isReceived = send(pid, signal) || isReceived
    }
    return isReceived
  }

  /** Kills the whole tree, and again the processes forked since. For callers that cannot wait any more. */
  killAtOnce(): void {
    for (let round = 0; round < ROUNDS_OF_KILLING && this.signal('SIGKILL'); round++);
    this.ended()
  }

  #members(): ProcessEntry[] {
    const entries = this.#candidates()
    // A group whose id is that of a new process belongs to that process.
    const isReused = this.#leaderEnded && entries.some(({ pid }) => pid === this.#leader)
    const group = this.#ownsGroup && !isReused ? this.#leader : undefined
    const ids = new Set<number>()
    for (const entry of entries) if (this.#isMember(entry, group)) ids.add(entry.pid)
    for (let before = -1; before !== ids.size; ) {
      before = ids.size
      for (const { pid, parent } of entries) if (ids.has(parent)) ids.add(pid)
    }
    const members = entries.filter(({ pid }) => ids.has(pid) && isInReach(pid))
    this.#known = new Map(members.map(({ pid, started }) => [pid, started]))
    return members
  }

  #candidates(): ProcessEntry[] {
    const isYoung = performance.now() - this.#started < IDS_LAST_MS
    return processTable(isYoung ? this.#leader : undefined)
  }

  #isMember(entry: ProcessEntry, group: number | undefined): boolean {
    if (entry.pid === process.pid) return false
    if (entry.pid === this.#leader) return !this.#leaderEnded
    if (entry.group === group || this.#known.get(entry.pid) === entry.started) return true
    return environmentHolds(entry.pid, this.#name)
  }
}

function ownTrees(): NonNullable<typeof own> {
  const name = randomBytes(8).toString('hex')
  return { name, guard: new TreeGuard(name), count: 0 }
}

/** Whether this process may signal it: a program that runs as another user can be neither ended nor awaited. */
function isInReach(pid: number): boolean {
  return send(pid, 0)
}

function send(pid: number, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error // there is no such signal
    return false
  }
}
