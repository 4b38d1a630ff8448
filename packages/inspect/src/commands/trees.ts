// The Tasks and their awaitables, as text. A Task with several waiters is shown once, Tasks that differ only in their
// numbers share a line, and cycles are named.

import { append, grouped } from '../grouped.ts'
import type { ProcessSnapshot } from '../node/snapshot.ts'
import { printable } from '../printable.ts'
import { blockersOf, type Diagnosis, family, seconds } from '../replay/diagnose.ts'
import type { TaskState } from '../replay/frame.ts'
import { type ReplayState, shownReplay } from '../replay/replay.ts'
import { Tree, type TreeStyle } from './print-tree.ts'

type Tasks = ReadonlyMap<number, TaskState>

export function stateOf({ recording }: Pick<ProcessSnapshot, 'recording'>): ReplayState {
  return shownReplay(recording).at(recording.rows.length - 1)
}

/**
 * One line for each Task that has not ended, below the Task that waits for it. What is wrong stands below its first
 * Task; closed loops are first.
 */
export function formatTree(state: ReplayState, found: readonly Diagnosis[]): string {
  const loops = found.filter(({ kind }) => kind === 'deadlock')
  const left = new Set(found.filter((one) => !loops.includes(one)))
  const tree = treeOf(state, left)
  const lines = loops.flatMap((loop) => [sentenceOf(loop), ...tree.loop(membersOf(loop, state)), ''])
  lines.push(...linesOfAll(tree, state))
  for (const one of left) lines.push('', sentenceOf(one)) // its Tasks have ended
  return `${lines.join('\n')}\n`
}

/** What is wrong, since when and because of whom; then the tree. */
export function formatState(head: string, state: ReplayState, found: readonly Diagnosis[]): string {
  const tree = treeOf(state)
  const blocks = found.slice(0, MAX_FOUND).map((one) => blockOf(one, state, tree))
  if (found.length > MAX_FOUND) blocks.push([`${found.length - MAX_FOUND} more.`])
  if (found.length === 0) blocks.push(['Nothing is wrong that Spindle can see.'])
  return `${[head, ...blocks.flatMap((lines) => ['', ...lines]), '', ...linesOfAll(tree, state)].join('\n')}\n`
}

/** `main.mjs, process 4711, up 3.0 s. Tasks: 5.` */
export function headOf({ program, pid, uptime }: ProcessSnapshot, state: ReplayState): string {
  const count = unfinished(state).length.toLocaleString('en')
  return `${printable(program)}, process ${pid}, up ${seconds(uptime * 1000)}. Tasks: ${count}.`
}

const MAX_FOUND = 10
const MAX_MEMBERS = 4

function sentenceOf({ kind, text }: Diagnosis): string {
  return `${kind.toUpperCase()}: ${text}.`
}

function membersOf({ tasks }: Diagnosis, state: ReplayState): TaskState[] {
  return tasks.flatMap((id) => state.tasks.get(id) ?? [])
}

/** A diagnosis, with the lines of its Tasks, with who made them, and with who else waits because of them. */
function blockOf(found: Diagnosis, state: ReplayState, tree: Tree<TaskState>): string[] {
  const members = membersOf(found, state)
  const ids = new Set(found.tasks)
  const behind = unfinished(state).filter(
    (task) => !ids.has(task.id) && blockersOf(task, state).some(({ id }) => ids.has(id)),
  )
  const lines = [sentenceOf(found)]
  if (found.kind === 'deadlock') lines.push(...tree.loop(members))
  else if (members.length > MAX_MEMBERS) lines.push(`  The first ${describe(members[0]!, state)}`)
  else for (const task of members) lines.push(...[`  ${title(task)}`, ...placesOf(task).map((place) => `    ${place}`)])
  const makers = [...new Set(members.map(({ parent }) => parent))].flatMap((id) => state.tasks.get(id) ?? [])
  const have = makers.some(({ activity }) => activity !== undefined) ? '' : ', which ended'
  if (makers.length > 0) lines.push(`  Made by ${titles(makers)}${have}.`)
  if (behind.length > 0) lines.push(`  Because of it, others wait: ${titles(behind)}.`)
  return lines
}

/** Adds all Tasks to a tree, and returns its lines. */
function linesOfAll(tree: Tree<TaskState>, state: ReplayState): string[] {
  const alive = unfinished(state)
  if (alive.length === 0) return ['No Task is there.']
  const awaited = new Set(alive.flatMap((task) => awaitedBy(task, state.tasks)))
  tree.add(alive.filter((task) => !awaited.has(task) && !tree.has(task)))
  for (const task of alive) if (!tree.has(task)) tree.add([task]) // below a closed loop
  return tree.lines
}

/** Why a Task does not continue: its awaitable, the awaitable of that, and so on; and the waiters of the Task. */
export function formatWhy(state: ReplayState, task: TaskState, found: readonly Diagnosis[]): string {
  const alive = unfinished(state)
  const tree = treeOf(state)
  tree.add([task])
  const lines = [...tree.lines]
  const waiting = alive.filter((one) => awaitedBy(one, state.tasks).includes(task))
  if (waiting.length > 0) lines.push('', `${titles(waiting)} ${waiting.length > 1 ? 'wait' : 'waits'} for it.`)
  if (task.requests > 0)
    lines.push('', `It was cancelled ${task.requests} ${task.requests > 1 ? 'times' : 'time'}, and has not ended.`)
  const concern = found.filter(({ tasks }) => [...tree.shown].some(({ id }) => tasks.includes(id)))
  lines.push(...concern.map((one) => `\n${sentenceOf(one)}`))
  const places = placesOf(task)
  if (places.length > 0) lines.push('', 'It stands in', ...places.map((place) => `  ${place}`))
  return `${lines.join('\n')}\n`
}

/** The unfinished Tasks with that name or `#number`. A Task without a name has that of its function. */
export function findTasks(state: ReplayState, wanted: string, orEnded = false): TaskState[] {
  const tasks = orEnded ? [...state.tasks.values()] : unfinished(state)
  return tasks.filter(({ id, givenName }) => wanted === `#${id}` || wanted === givenName)
}

export function unfinished({ tasks }: Pick<ReplayState, 'tasks'>): TaskState[] {
  return [...tasks.values()].filter(({ activity }) => activity !== undefined)
}

/** `worker #3` */
export function title({ id, givenName }: Pick<TaskState, 'id' | 'givenName'>): string {
  return `${givenName} #${id}`
}

/** `main #1, worker × 5,000` */
export function titles(tasks: readonly TaskState[]): string {
  const groups = [...grouped(tasks, ({ givenName }) => family(givenName)).values()]
  const shown = groups
    .slice(0, MAX_TITLES)
    .flatMap((group) => (group.length < MIN_GROUP ? group.map(title) : [times(group)]))
  return `${shown.join(', ')}${groups.length > MAX_TITLES ? ' and others' : ''}`
}

const MAX_TITLES = 20
const MIN_GROUP = 3

/** `worker × 5,000 (#3 to #5002)` */
function times(group: readonly TaskState[]): string {
  const [first, last] = [group[0]!, group.at(-1)!]
  return `${family(first.givenName) || 'Tasks'} × ${group.length.toLocaleString('en')} (#${first.id} to #${last.id})`
}

/** @param left what is still to be said below one of its Tasks */
function treeOf(state: ReplayState, left: Set<Diagnosis> = new Set()): Tree<TaskState> {
  const { tasks } = state
  const found = new Map<number, Diagnosis[]>()
  for (const one of left) for (const id of one.tasks) append(found, id, one)
  const style: TreeStyle<TaskState> = {
    children: (task) => awaitedBy(task, tasks),
    text: (task) => {
      const { id, givenName, status, requests, positions } = task
      const awaited = family(awaitableOf(task, tasks))
      return JSON.stringify([family(givenName), awaited, status, requests, positions, found.get(id)?.map(sentenceOf)])
    },
    line: (group, again) => {
      const who = group.length > 1 ? times(group) : title(group[0]!)
      return `${who}  ${again ? '(shown above)' : describe(group[0]!, state)}`
    },
    notes: ({ id }) => (found.get(id) ?? []).filter((one) => left.delete(one)).map(sentenceOf),
    minGroup: MIN_GROUP,
  }
  return new Tree(style, unfinished(state))
}

/** The unfinished Tasks that it waits for: one Task, or the members of a gather, a group, … */
function awaitedBy({ waitsFor }: TaskState, tasks: Tasks): TaskState[] {
  if (waitsFor === undefined) return []
  const ids = waitsFor.task > 0 ? [waitsFor.task] : waitsFor.members
  return ids.flatMap((id) => tasks.get(id) ?? []).filter(({ activity }) => activity !== undefined)
}

/** The awaitable of a Task: `sleep(100)`, `Lock.acquire()`, or the name of a Task; '' if it does not wait. */
export function awaitableOf({ waitsFor }: TaskState, tasks: Tasks): string {
  return waitsFor === undefined ? '' : (tasks.get(waitsFor.task)?.givenName ?? waitsFor.label)
}

function describe(task: TaskState, state: ReplayState): string {
  const label = awaitableOf(task, state.tasks)
  const [holder] = label.endsWith('.acquire()') ? blockersOf(task, state) : []
  const what = `${task.status === 'waiting' ? `waits for ${label}` : task.status}${holder === undefined ? '' : `, held by ${title(holder)}`}`
  return `${what}${task.requests > 0 ? ', cancelled' : ''}  ${placeOf(task)}`.trimEnd()
}

/** The innermost line of the program: lines of libraries say less. */
function placeOf(task: TaskState): string {
  const places = placesOf(task)
  return places.findLast((place) => !place.includes('node_modules/')) ?? places.at(-1) ?? ''
}

/** Its current lines, `load() main.ts:12`, outermost first, as far as they are known. */
function placesOf({ positions }: TaskState): string[] {
  return positions.flatMap((at) => (at.place === undefined ? [] : `${at.function}() ${at.place}`))
}
