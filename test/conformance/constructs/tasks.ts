import { allTasks as allTasks_, createTask, type Task } from 'spindle'
import type { Context } from 'spindle/more'
import { eagerTaskFactory } from 'spindle/tools'
import { action, type Block, type Node } from '../language.ts'
import type { Printer } from '../print.ts'
import { givenContext } from './contexts.ts'

interface Spawn {
  readonly name: string
  readonly statements: Block
  readonly eager?: boolean
  /** The variable that holds the context it runs in. */
  readonly context?: string
}

const spawn_ = action<Spawn>('spawn', {
  run(node, env) {
    const { name, statements, eager, context } = node
    const options = {
      name,
      ...(eager !== undefined && { eagerStart: eager }),
      ...(context !== undefined && { context: env.getAs<Context>(context) }),
    }
    const task = createTask(env.body(statements, node), options)
    env.set(name, task)
  },
  python: ({ name, statements, ...options }, print) =>
    `${print.assigned(name)} = asyncio.create_task(${print.body(statements, `${name}_`)}, ${taskOptions(name, options, print)})`,
  typescript: ({ name, statements, ...options }, print) =>
    `${print.assigned(name)} = createTask(${print.body(statements, `${name}_`)}, ${taskOptions(name, options, print)})`,
  random: {
    family: 'core',
    weight: 10,
    make: (maker) =>
      maker.defining((name) => ({
        name,
        statements: maker.block(),
        ...(maker.chance(0.12) && { eager: true }),
        ...givenContext(maker),
      })),
  },
})
/** The options of `createTask`, in the language of the printer. */
export function taskOptions(
  name: string,
  { eager, context }: Pick<Spawn, 'eager' | 'context'>,
  print: Printer,
): string {
  const isPython = print.language === 'python'
  const as = isPython ? '=' : ': '
  const list = [
    `name${as}'${name}'`,
    ...(context === undefined ? [] : [`context${as}${print.variable(context)}`]),
    ...(eager === undefined ? [] : [`${isPython ? 'eager_start' : 'eagerStart'}${as}${print.value(eager)}`]),
  ].join(', ')
  return isPython ? list : `{ ${list} }`
}

/** Makes a Task with these statements. */
export const spawn = (name: string, ...statements: Node[]): Node => spawn_({ name, statements })
export const spawnEagerly = (name: string, ...statements: Node[]): Node => spawn_({ name, statements, eager: true })
export const spawnIn = (context: string, name: string, ...statements: Node[]): Node =>
  spawn_({ name, statements, context })

const uncancel_ = action<{ name: string }>('uncancel', {
  run: ({ name }, env) => taskOnly(env.get(name), (task) => task.uncancel()),
  python: ({ name }, print) => `print(${print.variable(name)}.uncancel())`,
  typescript: ({ name }, print) => `console.log(${print.variable(name)}.uncancel())`,
  random: {
    family: 'core',
    weight: 2,
    make: (maker) => ({ name: maker.chance(0.5) ? 'me' : maker.anyName() }),
  },
})
export const uncancel = (name = 'me'): Node => uncancel_({ name })

const cancelling_ = action<{ name: string }>('cancelling', {
  run: ({ name }, env) => taskOnly(env.get(name), (task) => task.cancelling()),
  python: ({ name }, print) => `print(${print.variable(name)}.cancelling())`,
  typescript: ({ name }, print) => `console.log(${print.variable(name)}.cancelling())`,
  random: { family: 'core', weight: 1, make: () => ({ name: 'me' }) },
})
export const cancelling = (name = 'me'): Node => cancelling_({ name })

const setName_ = action<{ name: string; to: string }>('setName', {
  run: ({ name, to }, env) => taskOnly(env.get(name), (task) => task.setName(to)),
  python: ({ name, to }, print) => `${print.variable(name)}.set_name('${to}')`,
  typescript: ({ name, to }, print) => `${print.variable(name)}.setName('${to}')`,
})
export const setName = (name: string, to: string): Node => setName_({ name, to })

const eagerTasks_ = action<{ on: boolean }>('eagerTasks', {
  run({ on }, env) {
    env.loop.setTaskFactory(on ? eagerTaskFactory : undefined)
  },
  python: ({ on }) => `asyncio.get_running_loop().set_task_factory(${on ? 'asyncio.eager_task_factory' : 'None'})`,
  typescript: ({ on }) => `getRunningLoop().setTaskFactory(${on ? 'eagerTaskFactory' : 'undefined'})`,
  random: { family: 'eager', weight: 3, make: (maker) => ({ on: maker.chance(0.8) }) },
})
/** From now on, all Tasks are eager, or only those that request it. */
export const eagerTasks = (on = true): Node => eagerTasks_({ on })

const allTasks__ = action<object>('allTasks', {
  run: (_node, env) => new Set(allTasks_({ loop: env.loop })),
  python: () => 'print(asyncio.all_tasks())',
  typescript: () => 'console.log(allTasks())',
})
export const allTasks: Node = allTasks__({})

/** Random programs query anything that has a name. If it is not a Task, it does not have this method. */
function taskOnly<T>(value: unknown, ask: (task: Task) => T): T | string {
  return typeof value === 'object' && value !== null && 'uncancel' in value ? ask(value as Task) : 'no Task'
}
