// A transaction, stopped while the database computes. Look at: query(), which has the backend cancel the query, and
// returns when it has; and transfer(), whose client goes back to the pool after COMMIT or ROLLBACK, at every stop.
// Recipe for pg: `pg_cancel_backend` from another connection, awaited, so that it does not reach the next query
// Write: `call(query, { onCancel })` in a `resource` for the client and one for the transaction
// Run: npx tsx examples/with-packages/pg.ts     with --stops 1000, for example; apt-get install postgresql
// Prints: a sum, and what stops at random moments leave     Next: ws.ts
import { Pool, type PoolClient, type QueryResult } from 'pg'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { startPostgres } from '../support/postgres.ts'
import { stopped } from '../support/stopped.ts'

const { options, end } = await startPostgres()
const kept = { idleTimeoutMillis: 0 } // one that closed when idle, and opened again, would count as left
const pool = new Pool({ ...options, ...kept, max: 5, application_name: 'transfers' })
const admin = new Pool({ ...options, ...kept, max: 1, application_name: 'admin' })
for (const each of [pool, admin]) each.on('error', () => {}) // an idle connection that the server closes at the end

function query(client: PoolClient, text: string): Coroutine<QueryResult> {
  const { processID } = client as PoolClient & { processID: number }
  return call(() => client.query(text), {
    // Both are awaited, so that it does not reach the next query.
    onCancel: () => admin.query('SELECT pg_cancel_backend($1)', [processID]),
  })
}

function* transfer(): Coroutine<number> {
  return yield* resource(
    () => pool.connect(),
    (client) => client.release(),
    (client) =>
      resource(
        () => client.query('BEGIN'),
        (_begun, { status }) => client.query(status === 'returned' ? 'COMMIT' : 'ROLLBACK'),
        function* () {
          yield* query(client, 'UPDATE account SET money = money - 1 WHERE id = 1')
          yield* query(client, 'SELECT pg_sleep(0.1)')
          const { rows } = yield* query(client, 'UPDATE account SET money = money + 1 WHERE id = 2 RETURNING id')
          return rows.length
        },
      ),
  )
}

/** In plain TypeScript: pg has no way to cancel a query, so the client is thrown away. */
async function transferPlain(signal: AbortSignal): Promise<number> {
  const client = await pool.connect()
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    client.release(true) // closes the connection: the query rejects
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    await client.query('BEGIN')
    await client.query('UPDATE account SET money = money - 1 WHERE id = 1')
    await client.query('SELECT pg_sleep(0.1)')
    const { rows } = await client.query('UPDATE account SET money = money + 1 WHERE id = 2 RETURNING id')
    await client.query('COMMIT')
    return rows.length
  } catch (error) {
    if (!isStopped) await client.query('ROLLBACK')
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    if (!isStopped) client.release()
  }
}

/** Backends that are in a transaction, by the database; and clients that were not returned, by the pool. */
async function held(): Promise<number> {
  const { rows } = await admin.query(
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'transfers' AND state <> 'idle'",
  )
  return rows.length + pool.totalCount - pool.idleCount
}

await admin.query('CREATE TABLE account AS SELECT id, 100 AS money FROM generate_series(1, 2) id')
await runMain(stopped({ spindle: transfer, plain: transferPlain, held }))
const { rows } = await admin.query('SELECT sum(money)::int AS money FROM account')
console.log('money:', rows[0].money)
await pool.end()
await admin.end()
await end()
