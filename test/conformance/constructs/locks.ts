// Objects that are acquired and released: Lock, Semaphore, BoundedSemaphore, Condition.

import type { Coroutine, Lock } from 'spindle'
import { action, awaitable, type Block, block, type Node, type Returned } from '../language.ts'
import { indented } from '../print.ts'
import type { Maker } from '../random/maker.ts'
import { make } from './objects.ts'

/** One of the program's locks. */
function anyLock(maker: Maker): string {
  return maker.shared('lock', (name) => {
    const type = maker.pick(['Lock', 'Lock', 'Semaphore', 'BoundedSemaphore'] as const)
    return type === 'Lock' ? make(type, name) : make(type, name, maker.integer(3))
  })
}

const acquire_ = awaitable<{ name: string }>('acquire', {
  make: ({ name }, env) => env.getAs<Lock>(name).acquire(),
  python: ({ name }) => `${name}.acquire()`,
  typescript: ({ name }) => `${name}.acquire()`,
  random: { family: 'locks', weight: 8, make: (maker) => ({ name: anyLock(maker) }) },
})
export const acquire = (name: string): Node => acquire_({ name })

const release_ = action<{ name: string }>('release', {
  run: ({ name }, env) => env.getAs<Lock>(name).release(),
  python: ({ name }) => `${name}.release()`,
  typescript: ({ name }) => `${name}.release()`,
  random: { family: 'locks', weight: 8, make: (maker) => ({ name: anyLock(maker) }) },
})
export const release = (name: string): Node => release_({ name })

const locked_ = action<{ name: string }>('locked', {
  run: ({ name }, env) => env.getAs<Lock>(name).locked(),
  python: ({ name }) => `print(${name}.locked())`,
  typescript: ({ name }) => `console.log(${name}.locked())`,
  random: { family: 'locks', weight: 2, make: (maker) => ({ name: anyLock(maker) }) },
})
export const locked = (name: string): Node => locked_({ name })

const holding_ = block<{ name: string; statements: Block }>('holding', {
  *run(node, env): Coroutine<Returned | undefined> {
    const guard = yield* env.getAs<Lock>(node.name).acquire()
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
    family: 'locks',
    weight: 10,
    make: (maker) => (maker.deep ? undefined : { name: anyLock(maker), statements: maker.block() }),
  },
})
/** `async with`: takes a lock for as long as the statements run. */
export const holding = (name: string, ...statements: Node[]): Node => holding_({ name, statements })
