// The transfer of pg.ts with mysql2. Look at: query(), which has the server kill the query, and returns when it has;
// and transfer(), whose outcome is the outcome in the database, whenever it is stopped.
// Recipe for mysql2: `KILL QUERY` from another connection, awaited
// Write: as `pg`; the last statement without `onCancel`
// Run: npx tsx examples/with-packages/mysql2.ts     with --stops 1000, for example; apt-get install mariadb-server
// Prints: a sum, and what stops at random moments leave     Next: grpc.ts
import mysql, { type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { startMariadb } from '../support/mariadb.ts'
import { stopped } from '../support/stopped.ts'

const { socketPath, end } = await startMariadb()
const settings = { socketPath, user: 'root', database: 'test' }
const pool = mysql.createPool({ ...settings, connectionLimit: 5 })
const admin = await mysql.createConnection(settings)

function query(connection: PoolConnection, text: string): Coroutine<unknown> {
  // Both are awaited, so that it does not reach the next query.
  return call(() => connection.query(text), { onCancel: () => admin.query(`KILL QUERY ${connection.threadId}`) })
}

function* transfer(): Coroutine<number> {
  return yield* resource(
    () => pool.getConnection(),
    (connection) => connection.release(),
    (connection) =>
      resource(
        () => connection.beginTransaction(),
        (_begun, { status }) => (status === 'returned' ? connection.commit() : connection.rollback()),
        () => moving(connection),
      ),
  )
}

function* moving(connection: PoolConnection): Coroutine<number> {
  yield* query(connection, 'UPDATE account SET money = money - 1 WHERE id = 1')
  yield* query(connection, 'DO SLEEP(0.05)')
  // Nothing stops it: a stop waits for the last statement, which is then committed, and the caller is told so.
  const last = 'UPDATE account SET money = money + 1 WHERE id = 2'
  const [{ affectedRows }] = yield* call(() => connection.query<ResultSetHeader>(last))
  return affectedRows
}

/** In plain TypeScript. */
async function transferPlain(signal: AbortSignal): Promise<number> {
  const connection = await pool.getConnection()
  try {
    signal.throwIfAborted()
    await connection.beginTransaction()
    await connection.query('UPDATE account SET money = money - 1 WHERE id = 1')
    await connection.query('DO SLEEP(0.05)')
    signal.throwIfAborted()
    const last = 'UPDATE account SET money = money + 1 WHERE id = 2'
    const [{ affectedRows }] = await connection.query<ResultSetHeader>(last)
    await connection.commit()
    return affectedRows
  } catch (error) {
    await connection.rollback()
    throw error
  } finally {
    connection.release()
  }
}

/** Transactions that are open, by the server. */
async function held(): Promise<number> {
  const [rows] = await admin.query<RowDataPacket[]>('SELECT 1 FROM information_schema.innodb_trx')
  return rows.length
}

async function done(): Promise<number> {
  const [rows] = await admin.query<RowDataPacket[]>('SELECT money FROM account WHERE id = 2')
  return Number(rows[0]?.['money'])
}

await admin.query('CREATE TABLE account (id INT PRIMARY KEY, money INT) ENGINE = InnoDB')
await admin.query('INSERT INTO account VALUES (1, 100), (2, 100)')
await runMain(stopped({ spindle: transfer, plain: transferPlain, held, done }))
const [rows] = await admin.query<RowDataPacket[]>('SELECT SUM(money) AS money FROM account')
console.log('money:', Number(rows[0]?.['money']))
await pool.end()
await admin.end()
await end()
