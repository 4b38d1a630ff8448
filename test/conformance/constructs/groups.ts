import { type Coroutine, type TaskGroup, taskGroup as taskGroup_ } from 'spindle'
import type { Context } from 'spindle/more'
import { action, type Block, block, type Node, type Returned } from '../language.ts'
import { indented } from '../print.ts'
import { givenContext } from './contexts.ts'
import { taskOptions } from './tasks.ts'

const taskGroupNode = block<{ name: string; statements: Block }>('taskGroup', {
  run({ name, statements }, env): Coroutine<Returned | undefined> {
    return taskGroup_(function* within(group) {
      env.set(name, group)
      return yield* env.execute(statements)
    })
  },
  python: ({ name, statements }, print) => [
    `async with asyncio.TaskGroup() as ${print.assigned(name)}:`,
    ...indented([...print.block(statements), 'pass']),
  ],
  typescript: ({ name, statements }, print) => [
    'yield* taskGroup(function* (group) {',
    ...indented([`${print.assigned(name)} = group`, ...print.block(statements)]),
    '})',
  ],
  random: {
    family: 'groups',
    weight: 14,
    make: (maker) =>
      maker.deep
        ? undefined
        : maker.open('group', (name) => ({
            name,
            statements: [...maker.some('groupSpawn'), ...maker.some('groupSpawn'), ...maker.block()],
          })),
  },
})
export const taskGroup = (name: string, ...statements: Node[]): Node => taskGroupNode({ name, statements })

interface GroupSpawn {
  readonly group: string
  readonly name: string
  readonly statements: Block
  readonly eager?: boolean
  readonly context?: string
}

const groupSpawn_ = action<GroupSpawn>('groupSpawn', {
  run(node, env) {
    const { group, name, statements, eager, context } = node
    const options = {
      name,
      ...(eager !== undefined && { eagerStart: eager }),
      ...(context !== undefined && { context: env.getAs<Context>(context) }),
    }
    const made = env.getAs<TaskGroup>(group).createTask(env.body(statements, node), options)
    env.set(name, made)
  },
  python: ({ group, name, statements, ...options }, print) =>
    `${print.assigned(name)} = ${group}.create_task(${print.body(statements, `${name}_`)}, ${taskOptions(name, options, print)})`,
  typescript: ({ group, name, statements, ...options }, print) =>
    `${print.assigned(name)} = ${group}.createTask(${print.body(statements, `${name}_`)}, ${taskOptions(name, options, print)})`,
  random: {
    family: 'groups',
    weight: 18,
    make(maker) {
      const group = maker.opened('group')
      if (group === undefined) return undefined
      return maker.defining((name) => ({
        group,
        name,
        statements: maker.block(),
        ...(maker.chance(0.12) && { eager: true }),
        ...givenContext(maker),
      }))
    },
  },
})
/** Makes a Task in a group. */
export const spawnInGroup = (group: string, name: string, ...statements: Node[]): Node =>
  groupSpawn_({ group, name, statements })
export const spawnInGroupEagerly = (group: string, name: string, ...statements: Node[]): Node =>
  groupSpawn_({ group, name, statements, eager: true })

const groupCancel_ = action<{ group: string }>('groupCancel', {
  run({ group }, env) {
    env.getAs<TaskGroup>(group).cancel()
  },
  python: ({ group }, print) => `${print.variable(group)}.cancel()`,
  typescript: ({ group }, print) => `${print.variable(group)}.cancel()`,
  random: {
    family: 'groups',
    weight: 8,
    make(maker) {
      const group = maker.opened('group')
      return group === undefined ? undefined : { group }
    },
  },
})
/** Ends a group without an error. CPython has this since 3.15. */
export const groupCancel = (group: string): Node => groupCancel_({ group })
