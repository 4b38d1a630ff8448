// wait, waitFor, shield, asCompleted.

import {
  type Awaitable,
  asCompleted as asCompleted_,
  type Coroutine,
  type Future,
  forEach,
  shield as shield_,
  wait as wait_,
  waitFor as waitFor_,
} from 'spindle'
import type { ReturnWhen } from 'spindle/types'
import { awaitable, type Block, block, type Node, type Returned } from '../language.ts'
import { indented } from '../print.ts'

interface Wait {
  readonly of: readonly Node[]
  readonly timeout?: number
  readonly returnWhen?: ReturnWhen
}

const waitNode = awaitable<Wait>('wait', {
  make: ({ of, timeout, returnWhen }, env) =>
    // The cast: programs also pass values that are not Futures, which are refused.
    wait_(of.map((node) => env.make(node)) as Future[], {
      ...(timeout !== undefined && { timeout }),
      ...(returnWhen !== undefined && { returnWhen }),
    }),
  python({ of, timeout, returnWhen }, print) {
    const options = [
      `[${of.map((node) => print.expression(node)).join(', ')}]`,
      ...(timeout === undefined ? [] : [`timeout=${print.duration(timeout)}`]),
      ...(returnWhen === undefined ? [] : [`return_when=asyncio.${returnWhen}`]),
    ]
    return `asyncio.wait(${options.join(', ')})`
  },
  typescript({ of, timeout, returnWhen }, print) {
    const options = [
      ...(timeout === undefined ? [] : [`timeout: ${timeout}`]),
      ...(returnWhen === undefined ? [] : [`returnWhen: ${returnWhen}`]),
    ].join(', ')
    return `wait([${of.map((node) => print.expression(node)).join(', ')}]${options === '' ? '' : `, { ${options} }`})`
  },
  random: {
    family: 'wait',
    weight: 10,
    make(maker) {
      return {
        of: maker.futures(4),
        ...(maker.chance(0.4) && { timeout: maker.limit() }),
        ...(maker.chance(0.7) && {
          returnWhen: maker.pick<ReturnWhen>(['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED']),
        }),
      }
    },
  },
})
export const wait = (of: readonly Node[], options: Omit<Wait, 'of'> = {}): Node => waitNode({ of, ...options })

const waitForNode = awaitable<{ of: Node; ms: number | null }>('waitFor', {
  make: ({ of, ms }, env) => waitFor_(env.make(of), ms ?? undefined),
  python: ({ of, ms }, print) =>
    `asyncio.wait_for(${print.expression(of)}, ${ms === null ? 'None' : print.duration(ms)})`,
  typescript: ({ of, ms }, print) => `waitFor(${print.expression(of)}, ${ms ?? 'undefined'})`,
  random: {
    family: 'timeouts',
    weight: 10,
    make: (maker) => ({ of: maker.awaitable(), ms: maker.chance(0.1) ? null : maker.limit() }),
  },
})
export const waitFor = (of: Node, ms: number | null): Node => waitForNode({ of, ms })

const shieldNode = awaitable<{ of: Node }>('shield', {
  make: ({ of }, env) => shield_(env.make(of)),
  python: ({ of }, print) => `asyncio.shield(${print.expression(of)})`,
  typescript: ({ of }, print) => `shield(${print.expression(of)})`,
  random: { family: 'shield', weight: 12, make: (maker) => ({ of: maker.awaitable() }) },
})
export const shield = (of: Node): Node => shieldNode({ of })

interface AsCompleted {
  readonly of: readonly Node[]
  readonly timeout?: number
  /** Whether the loop yields the Tasks themselves, or awaitables of their results. */
  readonly tasks: boolean
  /** Statements that run after each. */
  readonly statements: Block
}

const asCompleted_1 = block<AsCompleted>('asCompleted', {
  *run(node, env): Coroutine<Returned | undefined> {
    const { of, timeout, tasks, statements } = node
    const list: Awaitable<unknown>[] = of.map((inner) => env.make(inner))
    const completed = asCompleted_(list, timeout === undefined ? {} : { timeout })
    if (tasks) {
      let returned: Returned | undefined
      yield* forEach(completed, function* each(future) {
        env.log(node, `next ${env.show(future)}`)
        returned = yield* env.execute(statements)
        return returned === undefined
      })
      return returned
    }
    for (const next of completed) {
      env.log(node, `next gives ${env.show(yield* next)}`)
      const returned = yield* env.execute(statements)
      if (returned !== undefined) return returned
    }
    return undefined
  },
  python({ of, timeout, tasks, statements }, print) {
    const list = `[${of.map((inner) => print.expression(inner)).join(', ')}]`
    const call = `asyncio.as_completed(${list}${timeout === undefined ? '' : `, timeout=${print.duration(timeout)}`})`
    return [
      `${tasks ? 'async ' : ''}for item in ${call}:`,
      ...indented([`print(${tasks ? 'item' : 'await item'})`, ...print.block(statements)]),
    ]
  },
  typescript({ of, timeout, tasks, statements }, print) {
    const list = `[${of.map((inner) => print.expression(inner)).join(', ')}]`
    const call = `asCompleted(${list}${timeout === undefined ? '' : `, { timeout: ${timeout} }`})`
    return tasks
      ? [
          `yield* forEach(${call}, function* (item) {`,
          ...indented(['console.log(item)', ...print.block(statements)]),
          '})',
        ]
      : [`for (const item of ${call}) {`, ...indented(['console.log(yield* item)', ...print.block(statements)]), '}']
  },
  random: {
    family: 'asCompleted',
    weight: 10,
    make(maker) {
      if (maker.deep) return undefined
      return {
        of: maker.chance(0.5) ? maker.futures(4) : maker.awaitables(4),
        ...(maker.chance(0.3) && { timeout: maker.limit() }),
        tasks: maker.chance(0.5),
        statements: maker.chance(0.5) ? maker.block() : [],
      }
    },
  },
})
export const asCompleted = (
  of: readonly Node[],
  options: { timeout?: number; tasks?: boolean } = {},
  ...statements: Node[]
): Node => asCompleted_1({ of, tasks: false, ...options, statements })
