// The Tasks and their awaitables, as text. A Task with several waiters is shown once, Tasks that differ only in their
// numbers share a line, and cycles are named.

import { grouped } from '../grouped.ts'
import type { ProcessSnapshot, TaskSnapshot } from '../node/snapshot.ts'
import { printable } from '../printable.ts'
import { circlesOf } from '../replay/circles.ts'

/** One line for each Task, below the Task that waits for it. */
export function formatTree({ tasks }: Pick<ProcessSnapshot, 'tasks'>): string {
  if (tasks.length === 0) return 'No Task is there.\n'
  const tree = new Tree(tasks)
  const awaited = new Set(tasks.flatMap(({ on }) => on))
  tree.add(tasks.filter(({ id }) => !awaited.has(id)))
  for (const task of tasks) if (!tree.has(task)) tree.add([task]) // they wait for each other in a cycle
  return `${[...tree.lines, ...describeCircles(tasks)].join('\n')}\n`
}

/** Why a Task does not continue: its awaitable, the awaitable of that, and so on; and the waiters of the Task. */
export function formatWhy({ tasks }: Pick<ProcessSnapshot, 'tasks'>, task: TaskSnapshot): string {
  const tree = new Tree(tasks)
  tree.add([task])
  const lines = [`${title(task)} ${STATES[task.state]}.`, '', ...tree.lines]
  const waiting = tasks.filter(({ on }) => on.includes(task.id))
  if (waiting.length > 0) lines.push('', `${titles(waiting)} ${waiting.length > 1 ? 'wait' : 'waits'} for it.`)
  if (task.cancelling > 0)
    lines.push('', `It was cancelled ${task.cancelling} ${task.cancelling > 1 ? 'times' : 'time'}, and has not ended.`)
  lines.push(...describeCircles(tasks.filter(({ id }) => tree.shown.has(id))))
  if (task.at.length > 0) lines.push('', 'It stands in', ...task.at.map((place) => `  ${printable(place)}`))
  return `${lines.join('\n')}\n`
}

/** The Tasks with that name or `#number`; if there are none, the Tasks that run that function. */
export function findTasks({ tasks }: Pick<ProcessSnapshot, 'tasks'>, wanted: string): TaskSnapshot[] {
  const named = tasks.filter(({ id, name }) => wanted === `#${id}` || wanted === name)
  return named.length > 0 ? named : tasks.filter((task) => functionOf(task) === wanted)
}

/** The function that a Task runs, if its lines were requested. */
function functionOf({ at: [outermost] }: TaskSnapshot): string | undefined {
  return outermost?.slice(0, outermost.indexOf('()'))
}

/** `worker #3` */
export function title({ id, name }: Pick<TaskSnapshot, 'id' | 'name'>): string {
  return `${printable(name)} #${id}`
}

/** `main #1, worker × 5,000` */
export function titles(tasks: readonly TaskSnapshot[]): string {
  const groups = [...grouped(tasks, ({ name }) => family(name)).values()]
  const shown = groups
    .slice(0, MAX_TITLES)
    .flatMap((group) => (group.length < MIN_GROUP ? group.map(title) : [times(group)]))
  return `${shown.join(', ')}${groups.length > MAX_TITLES ? ' and others' : ''}`
}

// Fewer are shown one by one.
const MIN_GROUP = 3
const MAX_TITLES = 20

/** `worker × 5,000 (#3 to #5002)` */
function times(group: readonly TaskSnapshot[]): string {
  const [first, last] = [group[0]!, group.at(-1)!]
  return `${printable(family(first.name)) || 'Tasks'} × ${group.length.toLocaleString('en')} (#${first.id} to #${last.id})`
}

/** The name without a number at its end. */
function family(name: string): string {
  return name.replace(/[-\s#]*\d+$/, '')
}

const STATES = { running: 'is running', ready: 'is ready to run', waiting: 'waits' }

class Tree {
  readonly lines: string[] = []
  readonly shown = new Set<number>()
  /** A part of a folded row `× N`. */
  readonly #hidden = new Set<number>()
  readonly #tasks: ReadonlyMap<number, TaskSnapshot>
  readonly #shapes: ReadonlyMap<number, number>

  constructor(tasks: readonly TaskSnapshot[]) {
    this.#tasks = new Map(tasks.map((task) => [task.id, task]))
    this.#shapes = shapesOf(this.#tasks)
  }

  has({ id }: TaskSnapshot): boolean {
    return this.shown.has(id) || this.#hidden.has(id)
  }

  /** Adds Tasks and the Tasks they wait for. Not recursive: a chain may be as long as there are Tasks. */
  add(roots: readonly TaskSnapshot[]): void {
    const stack: { group: readonly TaskSnapshot[]; first: string; rest: string }[] = []
    const push = (tasks: readonly TaskSnapshot[], before: string, isRoot: boolean): void => {
      const alike = [...grouped(tasks, ({ id }) => this.#shapes.get(id)).values()]
      const groups = alike.flatMap((group) => (group.length < MIN_GROUP ? group.map((one) => [one]) : [group]))
      for (let n = groups.length - 1; n >= 0; n--) {
        const [first, rest] = isRoot ? ['', ''] : n === groups.length - 1 ? ['└ ', '  '] : ['├ ', '│ ']
        stack.push({ group: groups[n]!, first: before + first, rest: before + rest })
      }
    }
    push(roots, '', true)
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const { group, first, rest } = item
      const task = group[0]!
      const again = this.shown.has(task.id)
      const who = group.length > 1 ? times(group) : title(task)
      this.lines.push(`${first}${who}  ${again ? '(shown above)' : describe(task)}`)
      if (again) continue
      this.shown.add(task.id)
      for (const other of group.slice(1)) this.#hide(other)
      push(awaitedBy(task, this.#tasks), rest, false)
    }
  }

  #hide(root: TaskSnapshot): void {
    const stack = [root]
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      if (this.#hidden.has(task.id)) continue
      this.#hidden.add(task.id)
      for (const awaited of awaitedBy(task, this.#tasks)) stack.push(awaited)
    }
  }
}

function awaitedBy({ on }: TaskSnapshot, tasks: ReadonlyMap<number, TaskSnapshot>): TaskSnapshot[] {
  return on.flatMap((id) => tasks.get(id) ?? [])
}

/** The same number for Tasks that differ in nothing but their numbers, nor do the Tasks they wait for. */
function shapesOf(tasks: ReadonlyMap<number, TaskSnapshot>): Map<number, number> {
  const shapes = new Map<number, number>()
  const numbers = new Map<string, number>()
  const entered = new Set<number>()
  for (const start of tasks.values()) {
    const stack = [start]
    while (stack.length > 0) {
      const task = stack.at(-1)!
      const awaited = awaitedBy(task, tasks)
      if (!entered.has(task.id)) {
        entered.add(task.id)
        for (const one of awaited) if (!entered.has(one.id)) stack.push(one)
        continue
      }
      stack.pop()
      if (shapes.has(task.id)) continue
      // A Task of a cycle has no shape before it has one: it is like no other.
      const below = awaited.map(({ id }) => shapes.get(id) ?? `#${id}`)
      const name = [family(task.name), family(task.waitsFor), task.state, task.cancelling, task.at, below]
      const key = JSON.stringify(name)
      const shape = numbers.get(key) ?? numbers.size
      numbers.set(key, shape)
      shapes.set(task.id, shape)
    }
  }
  return shapes
}

function describe({ state, waitsFor, cancelling, at }: TaskSnapshot): string {
  const what = state === 'waiting' ? `waits for ${printable(waitsFor)}` : state === 'ready' ? 'ready' : 'running'
  // The innermost line of the program: lines of libraries say less.
  const place = at.findLast((one) => !one.includes('node_modules/')) ?? at.at(-1)
  const where = place === undefined ? '' : `  ${printable(place)}`
  return `${what}${cancelling > 0 ? ', cancelled' : ''}${where}`
}

function describeCircles(tasks: readonly TaskSnapshot[]): string[] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  return circlesOf(tasks, (task) => awaitedBy(task, byId)).map((circle) => {
    const names = [...circle, circle[0]!].map(title).join(' → ')
    return `\nThese wait for each other in a circle, and none of them can continue by itself: ${names}`
  })
}
