import { type Coroutine, type Timeout, timeout as timeout_ } from 'spindle'
import { action, type Block, block, type Node, type Returned } from '../language.ts'
import { indented } from '../print.ts'

const timeoutNode = block<{ name?: string; ms: number | null; statements: Block }>('timeout', {
  run({ name, ms, statements }, env): Coroutine<Returned | undefined> {
    return timeout_(ms ?? undefined, function* within(scope) {
      if (name !== undefined) env.set(name, scope)
      return yield* env.execute(statements)
    })
  },
  python: ({ name, ms, statements }, print) => [
    `async with asyncio.timeout(${ms === null ? 'None' : print.duration(ms)})${name === undefined ? '' : ` as ${print.assigned(name)}`}:`,
    ...indented([...print.block(statements), 'pass']),
  ],
  typescript: ({ name, ms, statements }, print) => [
    `yield* timeout(${ms ?? 'undefined'}, function* (${name === undefined ? '' : 'scope'}) {`,
    ...indented([...(name === undefined ? [] : [`${print.assigned(name)} = scope`]), ...print.block(statements)]),
    '})',
  ],
  random: {
    family: 'timeouts',
    weight: 12,
    make(maker) {
      if (maker.deep) return undefined
      const ms = maker.chance(0.1) ? null : maker.limit()
      if (maker.chance(0.5)) return { ms, statements: maker.block() }
      return maker.open('scope', (name) => ({ name, ms, statements: maker.block() }))
    },
  },
})
export const timeout = (ms: number | null, ...statements: Node[]): Node => timeoutNode({ ms, statements })
export const timeoutAs = (name: string, ms: number | null, ...statements: Node[]): Node =>
  timeoutNode({ name, ms, statements })

const reschedule_ = action<{ name: string; ms: number | null }>('reschedule', {
  run({ name, ms }, env) {
    env.getAs<Timeout>(name).reschedule(ms === null ? undefined : env.loop.time() + ms)
  },
  python: ({ name, ms }, print) =>
    `${name}.reschedule(${ms === null ? 'None' : `asyncio.get_running_loop().time() + ${print.duration(ms)}`})`,
  typescript: ({ name, ms }) => `${name}.reschedule(${ms === null ? 'undefined' : `getRunningLoop().time() + ${ms}`})`,
  random: {
    family: 'timeouts',
    weight: 3,
    make: (maker) =>
      maker.named(maker.opened('scope'), (name) => ({ name, ms: maker.chance(0.1) ? null : maker.limit() })),
  },
})
export const reschedule = (name: string, ms: number | null): Node => reschedule_({ name, ms })

const expired_ = action<{ name: string }>('expired', {
  run({ name }, env) {
    const scope = env.getAs<Timeout>(name)
    return [scope.expired(), scope.when()]
  },
  python: ({ name }) => `print(${name}.expired(), ${name}.when())`,
  typescript: ({ name }) => `console.log(${name}.expired(), ${name}.when())`,
  random: { family: 'timeouts', weight: 2, make: (maker) => maker.named(maker.opened('scope')) },
})
export const expired = (name: string): Node => expired_({ name })
