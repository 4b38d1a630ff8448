// Ends the trees of processes that this process leaves behind when it is killed (SIGKILL, out of memory): nothing of
// it runs then. A shell waits for the end of a pipe that only this process holds open. It is started with the first
// tree and killed with the last one.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

// How long the processes have between SIGTERM and SIGKILL, in s.
const GRACE_S = 1

// The shell reads the ids of process groups, `+1234` and `-1234`, until the pipe closes. $1: the mark in the
// environment of the trees, which only Linux shows. It ignores the signals that a terminal or a supervisor sends to all
// processes.
const SCRIPT = `trap '' HUP INT TERM
groups=' '
while read -r line; do
  id=\${line#?}
  case $line in
    +*) groups="$groups$id " ;;
    -*) groups="\${groups%% $id *} \${groups#* $id }" ;;
  esac
done
send() {
  left=
  for id in $groups; do kill -$1 -$id 2>/dev/null && left=1; done
  for file in $(grep -ls "$2" /proc/[0-9]*/environ 2>/dev/null); do
    id=\${file#/proc/}
    kill -$1 \${id%/environ} 2>/dev/null && left=1
  done
}
send TERM "$1"
[ -n "$left" ] || exit 0
sleep ${GRACE_S}
for round in 1 2 3; do
  send KILL "$1"
  [ -n "$left" ] || exit 0
done`

/** The guard of this process. */
export class TreeGuard {
  readonly #mark: string
  readonly #groups = new Set<number>()
  #trees = 0
  #shell: ChildProcess | undefined
  // Whether there is no shell that can run it.
  #isImpossible = false

  /** @param mark part of the environment of each process of the trees */
  constructor(mark: string) {
    this.#mark = mark
  }

  /** Called before the first process of a tree is started, which may be the last thing that this process does. */
  treeBegins(): void {
    this.#trees++
    this.#start()
  }

  /** @param group the process group of a tree, if it has one of its own */
  groupBegins(group: number): void {
    this.#groups.add(group)
    this.#tell(`+${group}`)
  }

  /** @param then called when the guard has ended, or is still needed */
  treeEnded(group: number | undefined, then: () => void): void {
    this.#trees--
    if (group !== undefined && this.#groups.delete(group)) this.#tell(`-${group}`)
    const shell = this.#shell
    if (this.#trees > 0 || shell === undefined) return then()
    this.#shell = undefined
    if (!shell.kill('SIGKILL')) return then()
    shell.ref()
    shell.once('exit', then)
  }

  #start(): void {
    if (this.#shell !== undefined || this.#isImpossible) return
    const shell = spawn('/bin/sh', ['-c', SCRIPT, 'spindle-guard', this.#mark], {
      cwd: '/',
      detached: true, // a signal to the group of this process does not reach it
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' }, // without the mark
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#shell = shell
    shell.unref()
    const pipe = shell.stdin as Socket | null // null if no descriptors are left
    pipe?.unref()
    pipe?.on('error', () => {}) // it has ended: 'exit' follows
    shell.once('error', () => this.#ended(shell, false))
    shell.once('exit', (_code, signal) => this.#ended(shell, signal !== null))
    for (const group of this.#groups) this.#tell(`+${group}`)
  }

  /** If something has killed it, another one takes over. */
  #ended(shell: ChildProcess, wasKilled: boolean): void {
    if (this.#shell !== shell) return
    this.#shell = undefined
    this.#isImpossible ||= !wasKilled
    if (this.#trees > 0) this.#start()
  }

  #tell(line: string): void {
    if (this.#shell?.stdin?.writable) this.#shell.stdin.write(`${line}\n`)
  }
}
