// The transfer of pg.ts with Knex, whose transactions end by commit() or rollback(). Look at: transfer(), whose outcome
// is the outcome in the database, although Knex cannot stop a query: a stop waits for the one that is running.
// Recipe for knex: nothing ends a query, so a stop waits for it
// Write: `resource` with `commit()` or `rollback()` by the status, `call(() => …)` for each query
// Run: npx tsx examples/with-packages/knex.ts     with --stops 1000, for example; apt-get install postgresql
// Prints: a sum, and what stops at random moments leave     Next: mysql2.ts
import knex, { type Knex } from 'knex'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { startPostgres } from '../support/postgres.ts'
import { stopped } from '../support/stopped.ts'

const { options, end } = await startPostgres()
const connect = (name: string, max: number): Knex =>
  knex({ client: 'pg', connection: { ...options, application_name: name }, pool: { min: 0, max } })
const database = connect('transfers', 5)
const admin = connect('admin', 1)

function* transfer(): Coroutine<number> {
  return yield* resource(
    () => database.transaction(),
    (transaction, { status }) => (status === 'returned' ? transaction.commit() : transaction.rollback()),
    function* (transaction) {
      yield* call(() => transaction('account').where({ id: 1 }).decrement('money', 1))
      yield* call(() => transaction.raw('SELECT pg_sleep(0.02)'))
      return yield* call(() => transaction('account').where({ id: 2 }).increment('money', 1))
    },
  )
}

/** In plain TypeScript. */
async function transferPlain(signal: AbortSignal): Promise<number> {
  return await database.transaction(async (transaction) => {
    await transaction('account').where({ id: 1 }).decrement('money', 1)
    signal.throwIfAborted()
    await transaction.raw('SELECT pg_sleep(0.02)')
    signal.throwIfAborted()
    return await transaction('account').where({ id: 2 }).increment('money', 1)
  })
}

/** Backends that are in a transaction, by the database. */
async function held(): Promise<number> {
  const { rows } = await admin.raw(
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'transfers' AND state <> 'idle'",
  )
  return rows.length
}

async function done(): Promise<number> {
  const row = await admin('account').where({ id: 2 }).first('money')
  return Number(row.money)
}

await admin.raw('CREATE TABLE account AS SELECT id, 100 AS money FROM generate_series(1, 2) id')
await runMain(stopped({ spindle: transfer, plain: transferPlain, held, done }))
const { rows } = await admin.raw('SELECT sum(money)::int AS money FROM account')
console.log('money:', rows[0].money)
await database.destroy()
await admin.destroy()
await end()
