// The transfer of pg.ts with postgres.js. Look at: cancellable(), which does not use its cancel(), as nobody hears when
// that is over; and the last counter: after a CancelledError, nothing was transferred.
// Recipe for postgres: `pg_cancel_backend` from another connection, awaited
// Write: as `pg`; the last statement without `onCancel`
// Run: npx tsx examples/with-packages/postgres.ts     with --stops 1000, for example; apt-get install postgresql
// Prints: a sum, and what stops at random moments leave     Next: mysql2.ts
import postgres, { type PendingQuery, type ReservedSql } from 'postgres'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { startPostgres } from '../support/postgres.ts'
import { stopped } from '../support/stopped.ts'

interface Row {
  readonly id: number
}

const { options, end } = await startPostgres()
const settings = { host: options.host, user: options.user, database: options.database, onnotice: () => {} }
const sql = postgres({ ...settings, max: 5, connection: { application_name: 'transfers' } })
const admin = postgres({ ...settings, max: 1 })

function cancellable(process: number, pending: () => PendingQuery<Row[]>): Coroutine<readonly Row[]> {
  // Both are awaited, so that it does not reach the next query.
  return call(pending, { onCancel: () => admin`SELECT pg_cancel_backend(${process})` })
}

function* transfer(): Coroutine<number> {
  return yield* resource(
    () => sql.reserve(),
    (connection) => connection.release(),
    (connection) =>
      resource(
        () => connection`BEGIN`,
        (_begun, { status }) => (status === 'returned' ? connection`COMMIT` : connection`ROLLBACK`),
        () => moving(connection),
      ),
  )
}

function* moving(sql: ReservedSql): Coroutine<number> {
  const [own] = yield* call(() => sql<Row[]>`SELECT pg_backend_pid() AS id`)
  const query = (pending: () => PendingQuery<Row[]>): Coroutine<readonly Row[]> => cancellable(own?.id ?? 0, pending)
  yield* query(() => sql`UPDATE account SET money = money - 1 WHERE id = 1 RETURNING id`)
  yield* query(() => sql`SELECT 1 AS id FROM pg_sleep(0.05)`)
  // Nothing stops it: a stop waits for the last statement, which is then committed, and the caller is told so.
  const rows = yield* call(() => sql`UPDATE account SET money = money + 1 WHERE id = 2 RETURNING id`)
  return rows.length
}

/** In plain TypeScript. */
async function transferPlain(signal: AbortSignal): Promise<number> {
  return await sql.begin(async (sql) => {
    await sql`UPDATE account SET money = money - 1 WHERE id = 1`
    signal.throwIfAborted()
    await sql`SELECT pg_sleep(0.05)`
    signal.throwIfAborted()
    return (await sql`UPDATE account SET money = money + 1 WHERE id = 2 RETURNING id`).length
  })
}

/** Backends that are in a transaction, by the database. */
async function held(): Promise<number> {
  const rows = await admin`SELECT 1 FROM pg_stat_activity WHERE application_name = 'transfers' AND state <> 'idle'`
  return rows.length
}

async function done(): Promise<number> {
  const [row] = await admin<{ money: number }[]>`SELECT money::int FROM account WHERE id = 2`
  return row?.money ?? Number.NaN
}

await admin`CREATE TABLE account AS SELECT id, 100 AS money FROM generate_series(1, 2) id`
await runMain(stopped({ spindle: transfer, plain: transferPlain, held, done }))
const [total] = await admin`SELECT sum(money)::int AS money FROM account`
console.log('money:', total?.['money'])
await sql.end()
await admin.end()
await end()
