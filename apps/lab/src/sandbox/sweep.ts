import { type Coroutine, type EventLoop, type ExceptionContext, VirtualClock } from '@spindle/loop'
import { newEventLoop, type Task } from '@spindle/task'

/** Options of `sweep`. */
export interface SweepOptions {
  /** Cancels each Task in turn, not only the program's main Task. @default false */
  readonly everyTask?: boolean
  /** Cancels a second time, at each point after the first. @default false */
  readonly twice?: boolean
}

/**
 * Like `cancelEverywhere`, and more thorough: cancels each Task at each point, or one Task at each pair of points.
 * @returns the number of runs
 * @throws Error that names the run: "w2 cancelled at point 12: …"
 */
export async function sweep(
  program: () => Coroutine<unknown>,
  check: () => unknown = () => {},
  { everyTask = false, twice = false }: SweepOptions = {},
): Promise<number> {
  let runs = 0
  const run = (aim: Aim): Promise<Outcome> => {
    runs++
    return runOnce(program, check, aim)
  }
  const { tasks } = await run({ task: 0, points: [] })
  for (let task = 0; task < (everyTask ? tasks : 1); task++) {
    for (let point = 1; (await run({ task, points: [point] })).reached; point++) {
      if (!twice) continue
      for (let second = point + 1; (await run({ task, points: [point, second] })).reached; second++);
    }
  }
  return runs
}

interface Aim {
  readonly task: number
  readonly points: readonly number[]
}

interface Outcome {
  /** Whether the program was still running at the last of the points. */
  readonly reached: boolean
  /** The number of Tasks. */
  readonly tasks: number
}

async function runOnce(program: () => Coroutine<unknown>, check: () => unknown, aim: Aim): Promise<Outcome> {
  const loop: EventLoop = newEventLoop({ clock: new VirtualClock() })
  const reports: ExceptionContext[] = []
  loop.setExceptionHandler((_loop, context) => reports.push(context))
  const tasks: Task<unknown>[] = []
  let requests = 0
  loop.events.on('task:created', ({ task }) => tasks.push(task as Task<unknown>))
  let at = 1
  const act = (): void => {
    const task = tasks[aim.task]
    if (task !== undefined && !task.done() && task.cancel(`at point ${at}`)) requests++
  }
  const main = loop.createTask(program(), { name: 'program' }) as Task<unknown>
  if (aim.points.includes(at)) act()
  const runReady = loop.runReady
  loop.runReady = () => {
    const ran = runReady.call(loop, 1)
    if (ran > 0 && aim.points.includes(++at)) act()
    return ran
  }
  const when = (): string =>
    `${tasks[aim.task]?.getName() ?? 'a Task'} cancelled at point ${aim.points.slice(0, requests).join(' and ')}`
  try {
    const ended = loop.createFuture<void>()
    main.addDoneCallback(() => ended.setResult())
    await loop.runUntilComplete(ended)
    loop.runReady = runReady // the clean-up below is not part of the program
    if (!main.cancelled()) main.exception()
    const left = tasks.filter((task) => !task.done())
    for (const task of left) task.cancel()
    while (tasks.some((task) => !task.done()) && loop.runReady() > 0);
    await check()
    if (reports[0] !== undefined) throw new Error(reports[0].message)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${requests > 0 ? when() : 'not cancelled'}: ${message}`, { cause })
  } finally {
    loop.close()
  }
  return { reached: at >= Math.max(...aim.points), tasks: tasks.length }
}
