import type { Condition, Coroutine } from 'spindle'
import { action, awaitable, type Block, block, type Node, type Returned } from '../language.ts'
import { indented } from '../print.ts'
import type { Maker } from '../random/maker.ts'
import { conditionOn, make } from './objects.ts'

function anyCondition(maker: Maker): string {
  return maker.shared('condition', (name) => {
    const lock = maker.chance(0.4) && maker.shared('latch', (latch) => make('Lock', latch), 1)
    return lock ? conditionOn(name, lock) : make('Condition', name)
  })
}

const conditionWait_ = awaitable<{ name: string }>('conditionWait', {
  make: ({ name }, env) => env.getAs<Condition>(name).wait(),
  python: ({ name }) => `${name}.wait()`,
  typescript: ({ name }) => `${name}.wait()`,
  random: { family: 'conditions', weight: 3, make: (maker) => ({ name: anyCondition(maker) }) },
})
export const conditionWait = (name: string): Node => conditionWait_({ name })

const conditionWaitFor_ = awaitable<{ name: string; looks: number }>('conditionWaitFor', {
  make(node, env) {
    let looks = 0
    return env.getAs<Condition>(node.name).waitFor(() => {
      env.log(node, 'looks')
      return ++looks > node.looks && 'true at last'
    })
  },
  python: ({ name, looks }) => `${name}.wait_for(true_after(${looks}))`,
  typescript: ({ name, looks }) => `${name}.waitFor(trueAfter(${looks}))`,
  random: {
    family: 'conditions',
    weight: 4,
    make: (maker) => ({ name: anyCondition(maker), looks: maker.integer(3) }),
  },
})
/** Waits for a predicate that is false the first few times it is called. */
export const conditionWaitFor = (name: string, looks: number): Node => conditionWaitFor_({ name, looks })

const notify_ = action<{ name: string; count?: number }>('notify', {
  run({ name, count }, env) {
    const condition = env.getAs<Condition>(name)
    if (count === undefined) condition.notifyAll()
    else condition.notify(count)
  },
  python: ({ name, count }) => (count === undefined ? `${name}.notify_all()` : `${name}.notify(${count})`),
  typescript: ({ name, count }) => (count === undefined ? `${name}.notifyAll()` : `${name}.notify(${count})`),
  random: {
    family: 'conditions',
    weight: 4,
    make: (maker) => ({ name: anyCondition(maker), ...(maker.chance(0.7) && { count: 1 + maker.integer(2) }) }),
  },
})
/** Without a count, notifies all. */
export const notify = (name: string, count?: number): Node => notify_({ name, ...(count !== undefined && { count }) })

const within_ = block<{ name: string; statements: Block }>('within', {
  *run(node, env): Coroutine<Returned | undefined> {
    const guard = yield* env.getAs<Condition>(node.name).acquire()
    try {
      env.log(node, 'holds')
      return yield* env.execute(node.statements)
    } finally {
      guard[Symbol.dispose]()
    }
  },
  python: ({ name, statements }, print) => [`async with ${name}:`, ...indented([...print.block(statements), 'pass'])],
  typescript: ({ name, statements }, print) => [
    '{',
    ...indented([`using _ = yield* ${name}.acquire()`, ...print.block(statements)]),
    '}',
  ],
  random: {
    family: 'conditions',
    weight: 24,
    make(maker) {
      if (maker.deep) return undefined
      const name = anyCondition(maker)
      const first = maker.chance(0.5)
        ? maker.chance(0.7)
          ? conditionWait(name)
          : conditionWaitFor(name, maker.integer(3))
        : notify(name, maker.chance(0.6) ? 1 : undefined)
      return { name, statements: maker.chance(0.2) ? maker.block() : [first, ...maker.block()] }
    },
  },
})
/** `async with` a Condition. */
export const within = (name: string, ...statements: Node[]): Node => within_({ name, statements })
