// Which Task waits for which, as text. A Task that several wait for is shown once, and cycles are named.

import type { ProcessSnapshot, TaskSnapshot } from '../node/snapshot.ts'
import { printable } from '../printable.ts'

/** One line for each Task, under the one that waits for it. */
export function formatTree({ tasks }: Pick<ProcessSnapshot, 'tasks'>): string {
  if (tasks.length === 0) return 'No Task is there.\n'
  const tree = new Tree(tasks)
  const awaited = new Set(tasks.flatMap(({ on }) => on))
  for (const task of tasks) if (!awaited.has(task.id)) tree.add(task)
  for (const task of tasks) if (!tree.has(task)) tree.add(task) // they wait for each other in a cycle
  return `${[...tree.lines, ...circles(tasks).map(describeCircle)].join('\n')}\n`
}

/** Why a Task does not continue: what it waits for, what that waits for, and so on; and what waits for it. */
export function formatWhy({ tasks }: Pick<ProcessSnapshot, 'tasks'>, task: TaskSnapshot): string {
  const tree = new Tree(tasks)
  tree.add(task)
  const lines = [`${title(task)} ${STATES[task.state]}.`, '', ...tree.lines]
  const waiting = tasks.filter(({ on }) => on.includes(task.id))
  if (waiting.length > 0)
    lines.push('', `${waiting.map(title).join(', ')} ${waiting.length > 1 ? 'wait' : 'waits'} for it.`)
  if (task.cancelling > 0)
    lines.push('', `It was cancelled ${task.cancelling} ${task.cancelling > 1 ? 'times' : 'time'}, and has not ended.`)
  const reached = new Set(tree.shown)
  lines.push(...circles(tasks.filter(({ id }) => reached.has(id))).map(describeCircle))
  if (task.at.length > 0) lines.push('', 'It stands in', ...task.at.map((place) => `  ${printable(place)}`))
  return `${lines.join('\n')}\n`
}

/** The Tasks with that name, or the one with that `#number`. If there are none: those that run that function. */
export function findTasks({ tasks }: Pick<ProcessSnapshot, 'tasks'>, wanted: string): TaskSnapshot[] {
  const named = tasks.filter(({ id, name }) => wanted === `#${id}` || wanted === name)
  return named.length > 0 ? named : tasks.filter((task) => functionOf(task) === wanted)
}

/** The function that a Task runs, if its lines were requested. */
export function functionOf({ at: [outermost] }: TaskSnapshot): string | undefined {
  return outermost?.slice(0, outermost.indexOf('()'))
}

/** `worker #3` */
export function title({ id, name }: Pick<TaskSnapshot, 'id' | 'name'>): string {
  return `${printable(name)} #${id}`
}

const STATES = { running: 'is running', ready: 'is ready to run', waiting: 'waits' }

class Tree {
  readonly lines: string[] = []
  readonly shown = new Set<number>()
  readonly #tasks: ReadonlyMap<number, TaskSnapshot>

  constructor(tasks: readonly TaskSnapshot[]) {
    this.#tasks = new Map(tasks.map((task) => [task.id, task]))
  }

  has({ id }: TaskSnapshot): boolean {
    return this.shown.has(id)
  }

  /** Adds a Task and the Tasks it waits for. Not recursive: a chain may be as long as there are Tasks. */
  add(root: TaskSnapshot): void {
    const stack: { task: TaskSnapshot; first: string; rest: string }[] = [{ task: root, first: '', rest: '' }]
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const { task, first, rest } = item
      const again = this.shown.has(task.id)
      this.lines.push(`${first}${title(task)}  ${again ? '(shown above)' : describe(task)}`)
      if (again) continue
      this.shown.add(task.id)
      const awaited = task.on.flatMap((id) => this.#tasks.get(id) ?? [])
      for (let n = awaited.length - 1; n >= 0; n--) {
        const isLast = n === awaited.length - 1
        stack.push({
          task: awaited[n]!,
          first: `${rest}${isLast ? '└ ' : '├ '}`,
          rest: `${rest}${isLast ? '  ' : '│ '}`,
        })
      }
    }
  }
}

function describe({ state, waitsFor, cancelling, at }: TaskSnapshot): string {
  const what = state === 'waiting' ? `waits for ${printable(waitsFor)}` : state === 'ready' ? 'ready' : 'running'
  // The innermost line of the program: lines of libraries say less.
  const place = at.findLast((one) => !one.includes('node_modules/')) ?? at.at(-1)
  const where = place === undefined ? '' : `  ${printable(place)}`
  return `${what}${cancelling > 0 ? ', cancelled' : ''}${where}`
}

function describeCircle(circle: readonly TaskSnapshot[]): string {
  const names = [...circle, circle[0]!].map(title).join(' → ')
  return `\nThese wait for each other in a circle, and none of them can continue by itself: ${names}`
}

/** Each cycle once. */
function circles(tasks: readonly TaskSnapshot[]): TaskSnapshot[][] {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const finished = new Set<number>()
  const found: TaskSnapshot[][] = []
  for (const start of tasks) {
    const path: { task: TaskSnapshot; next: number }[] = []
    const places = new Map<number, number>()
    const enter = (task: TaskSnapshot): void => {
      places.set(task.id, path.length)
      path.push({ task, next: 0 })
    }
    if (!finished.has(start.id)) enter(start)
    while (path.length > 0) {
      const top = path.at(-1)!
      const next = byId.get(top.task.on[top.next++] ?? -1)
      if (next === undefined) {
        if (top.next <= top.task.on.length) continue // a Task that no longer exists
        path.pop()
        places.delete(top.task.id)
        finished.add(top.task.id)
      } else if (places.has(next.id)) {
        found.push(path.slice(places.get(next.id)).map(({ task }) => task))
      } else if (!finished.has(next.id)) {
        enter(next)
      }
    }
  }
  return found
}
