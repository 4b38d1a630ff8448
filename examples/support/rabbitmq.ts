// A RabbitMQ server of one's own, which ends with the program.
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ownServer } from './own_server.ts'

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export async function startRabbitmq(): Promise<{ readonly url: string; readonly end: () => Promise<void> }> {
  const port = await freePort()
  const distribution = await freePort()
  const env = (folder: string): Record<string, string> => ({
    HOME: folder,
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_NODENAME: `spindle${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${distribution}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
  })
  const { end } = await ownServer(SERVER, [], /started TCP listener on \S+:(\d+)/, env)
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, end }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
