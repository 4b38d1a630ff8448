// The Tasks and their awaitables, as text. A Task with several waiters is shown once, Tasks that differ only in their
// numbers share a line, and cycles are named.

import { grouped } from '../grouped.ts'
import type { ProcessSnapshot } from '../node/snapshot.ts'
import { printable } from '../printable.ts'
import type { RowOf } from '../recording.ts'
import { blockersOf, deadlocks } from '../replay/diagnose.ts'
import type { TaskState } from '../replay/frame.ts'
import { type ReplayState, shownReplay } from '../replay/replay.ts'
import { Tree, type TreeStyle } from './print-tree.ts'

type Tasks = ReadonlyMap<number, TaskState>

export function stateOf({ rows }: Pick<ProcessSnapshot, 'rows'>): ReplayState {
  return shownReplay({ version: 1, rows }).at(rows.length - 1)
}

/** One line for each Task that has not ended, below the Task that waits for it. */
export function formatTree(state: ReplayState): string {
  return `${[...treeLines(state), ...deadlocks(state).map(({ text }) => `\n${text}.`)].join('\n')}\n`
}

// What is shorter, or less, is the ordinary course of a program.
const [LONG_CANCELLED, MAX_CANCELLED] = [5000, 5]
const [MANY, LONG_GROWING, RECENT] = [100, 4000, 2000]

/** What is wrong now, since when and because of whom; then the tree. */
export function formatState(found: ProcessSnapshot): string {
  const state = stateOf(found)
  const { program, pid, uptime } = found
  const count = unfinished(state).length.toLocaleString('en')
  const head = `${printable(program)}, process ${pid}, up ${seconds(uptime * 1000)}. Tasks: ${count}.`
  const blocks = [...deadlockBlocks(state), ...cancelledBlocks(state, found), ...growingBlocks(state, found)]
  if (blocks.length === 0) blocks.push(['Nothing is wrong that Spindle can see.'])
  return `${[head, ...blocks.flatMap((lines) => ['', ...lines]), '', ...treeLines(state)].join('\n')}\n`
}

function deadlockBlocks(state: ReplayState): string[][] {
  return deadlocks(state).map(({ text, tasks }) => {
    const members = tasks.map((id) => state.tasks.get(id)!)
    const behind = unfinished(state).filter(
      (task) => !members.includes(task) && blockersOf(task, state).some((one) => members.includes(one as TaskState)),
    )
    return [
      `DEADLOCK: ${text}.`,
      ...members.map((task) => `  ${title(task)}  ${placeOf(task)}`.trimEnd()),
      ...madeBy(members, state),
      ...(behind.length > 0 ? [`  Because of it, others wait: ${titles(behind)}.`] : []),
    ]
  })
}

function cancelledBlocks(state: ReplayState, { rows, now }: ProcessSnapshot): string[][] {
  const requests = rows.filter((row) => row.kind === 'cancelling' && now - row.time >= LONG_CANCELLED)
  const blocks = (requests as RowOf<'cancelling'>[]).slice(0, MAX_CANCELLED).map((row) => {
    const task = state.tasks.get(row.task)!
    const canceller = state.tasks.get(row.by)
    const by = canceller === undefined ? row.canceller : title(canceller)
    const waiting = unfinished(state).filter((one) => awaitedBy(one, state.tasks).includes(task))
    const places = placesOf(task).map((place) => `    ${place}`)
    const does = task.status === 'waiting' ? `waits for ${labelOf(task, state.tasks)}` : `is ${task.status}`
    return [
      `CANCELLED, NOT ENDED: ${title(task)}, ${seconds(now - row.time)} ago${by === '' ? '' : ` by ${by}`}.`,
      `  It ${does}${places.length > 0 ? ', in' : ''}`,
      ...places,
      waiting.length > 0 ? `  Waiting for it: ${titles(waiting)}.` : '  No Task waits for it.',
    ]
  })
  const more = requests.length - blocks.length
  return more > 0 ? [...blocks, [`${more} more Tasks were cancelled, and have not ended.`]] : blocks
}

/** Functions of which more and more Tasks are there, and none has ended. */
function growingBlocks(state: ReplayState, { rows, now, lasting }: ProcessSnapshot): string[][] {
  const began = new Map(rows.flatMap((row) => (row.kind === 'created' ? [[row.task, row.time]] : [])))
  const isBehind = (task: TaskState): boolean => blockersOf(task, state).some(({ status }) => status === 'waiting')
  const alive = lasting.flatMap((id) => state.tasks.get(id) ?? []).filter((task) => !isBehind(task))
  return [...grouped(alive, ({ givenName }) => family(givenName)).values()].flatMap((group) => {
    const since = (task: TaskState): number => now - (began.get(task.id) ?? now)
    const [first, last] = [since(group[0]!), since(group.at(-1)!)]
    if (group.length < MANY || first < LONG_GROWING || last > RECENT) return []
    return [
      [
        `GROWING: ${times(group)} began in ${seconds(first)}, the last of them ${seconds(last)} ago, and none has ended.`,
        `  The first ${describe(group[0]!, state.tasks)}`,
        ...madeBy(group, state),
      ],
    ]
  })
}

function madeBy(tasks: readonly TaskState[], state: ReplayState): string[] {
  const makers = [...new Set(tasks.map(({ parent }) => parent))].flatMap((id) => state.tasks.get(id) ?? [])
  if (makers.length === 0) return []
  const ended = makers.some(({ activity }) => activity !== undefined) ? '' : ', which ended'
  return [`  Made by ${titles(makers)}${ended}.`]
}

function seconds(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}

function treeLines(state: ReplayState): string[] {
  const alive = unfinished(state)
  if (alive.length === 0) return ['No Task is there.']
  const tree = treeOf(state.tasks, alive)
  const awaited = new Set(alive.flatMap((task) => awaitedBy(task, state.tasks)))
  tree.add(alive.filter((task) => !awaited.has(task)))
  for (const task of alive) if (!tree.has(task)) tree.add([task]) // they wait for each other in a cycle
  return tree.lines
}

/** Why a Task does not continue: its awaitable, the awaitable of that, and so on; and the waiters of the Task. */
export function formatWhy(state: ReplayState, task: TaskState): string {
  const alive = unfinished(state)
  const tree = treeOf(state.tasks, alive)
  tree.add([task])
  const lines = [...tree.lines]
  const waiting = alive.filter((one) => awaitedBy(one, state.tasks).includes(task))
  if (waiting.length > 0) lines.push('', `${titles(waiting)} ${waiting.length > 1 ? 'wait' : 'waits'} for it.`)
  if (task.requests > 0)
    lines.push('', `It was cancelled ${task.requests} ${task.requests > 1 ? 'times' : 'time'}, and has not ended.`)
  const circles = deadlocks(state).filter(({ tasks }) => [...tree.shown].some(({ id }) => tasks.includes(id)))
  lines.push(...circles.map(({ text }) => `\n${text}.`))
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

/** The name without a number at its end. */
function family(name: string): string {
  return name.replace(/[-\s#]*\d+$/, '')
}

function treeOf(tasks: Tasks, alive: readonly TaskState[]): Tree<TaskState> {
  const style: TreeStyle<TaskState> = {
    children: (task) => awaitedBy(task, tasks),
    text: (task) => {
      const { givenName, status, requests, positions } = task
      return JSON.stringify([family(givenName), family(labelOf(task, tasks)), status, requests, positions])
    },
    line: (group, again) => {
      const who = group.length > 1 ? times(group) : title(group[0]!)
      return `${who}  ${again ? '(shown above)' : describe(group[0]!, tasks)}`
    },
    minGroup: MIN_GROUP,
  }
  return new Tree(style, alive)
}

/** The unfinished Tasks that it waits for: one Task, or the members of a gather, a group, … */
function awaitedBy({ waitsFor }: TaskState, tasks: Tasks): TaskState[] {
  if (waitsFor === undefined) return []
  const ids = waitsFor.task > 0 ? [waitsFor.task] : waitsFor.members
  return ids.flatMap((id) => tasks.get(id) ?? []).filter(({ activity }) => activity !== undefined)
}

/** The awaitable of a Task: `sleep(100)`, `Lock.acquire()`, or the name of a Task; '' if it does not wait. */
export function labelOf({ waitsFor }: TaskState, tasks: Tasks): string {
  return waitsFor === undefined ? '' : (tasks.get(waitsFor.task)?.givenName ?? waitsFor.label)
}

function describe(task: TaskState, tasks: Tasks): string {
  const what = task.status === 'waiting' ? `waits for ${labelOf(task, tasks)}` : task.status
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
