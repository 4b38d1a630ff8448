// Redis as it is deployed: Cluster, Sentinel, certificates of clients, a prefix.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { DistributedExecutor, DistributedExecutorOptions } from 'spindle/distributed'
import { afterEach, describe, expect, it } from 'vitest'
import { extent } from '../tooling/long-form.ts'
import * as jobs from './jobs.fixture.ts'
import { freePort, hasRedis, Log, RedisServer, until } from './redis-server.fixture.ts'
import { Stage } from './stage.fixture.ts'

describe.skipIf(!hasRedis || extent === 'short')('calls go', { timeout: 300_000 }, () => {
  const servers: RedisServer[] = []
  const stage = new Stage()
  afterEach(async () => {
    await stage.end()
    await Promise.all(servers.splice(0).map((server) => server.remove()))
  })
  const newServer = async (...options: string[]): Promise<RedisServer> => {
    const server = new RedisServer()
    servers.push(server)
    return await server.start(...options)
  }
  /** A worker and an executor with the same options. */
  const connect = async (folder: string, options: DistributedExecutorOptions): Promise<DistributedExecutor> => {
    const config = join(folder, 'config.mjs')
    writeFileSync(config, `export default ${JSON.stringify(options)}`)
    const { url = 'redis://127.0.0.1:1' } = options
    await stage.newWorker(['--url', url, '--config', config, '--lock', '1000'])
    return stage.newExecutor({ url, ...options })
  }
  /** Every kind of message that crosses. */
  const expectAll = async (executor: DistributedExecutor, server: RedisServer): Promise<void> => {
    const log = new Log(server.folder, 'all')
    const seen: unknown[] = []
    expect([...executor.map(jobs.square, [1, 2, 3])]).toEqual([1, 4, 9])
    expect(await executor.with({ onProgress: (value) => seen.push(value) }).submit(jobs.steps, 2)).toBe('done')
    expect(await executor.with({ key: 'k' }).submit(jobs.square, 3)).toBe(9)
    expect(await executor.with({ key: 'k' }).submit(jobs.square, 3)).toBe(9)
    expect(await executor.with({ attempts: 2, backoff: 5 }).submit(jobs.failUntil, 2)).toBe(2)
    const running = executor.submit(jobs.spin, log.path, 'spin')
    await log.has('spin begun')
    expect(running.cancel()).toBe(false)
    await log.has('spin finally')
    const waiting = executor.with({ delay: 3_600_000 }).submit(jobs.square, 1)
    await until(async () => (await executor.status()).delayed === 1, 'it to wait')
    expect(waiting.cancel()).toBe(false)
    await until(() => waiting.settled, 'it to be removed')
    expect({ seen, workers: (await executor.status()).workers.length }).toEqual({ seen: [1, 2], workers: 1 })
  }

  it('through a Redis Cluster, whose queue is named with a hash tag', async () => {
    const nodes = [await newServer('--cluster-enabled', 'yes'), await newServer('--cluster-enabled', 'yes')] as const
    const [one, two] = nodes.map(({ url }) => new Redis(url)) as [Redis, Redis]
    await one.cluster('ADDSLOTSRANGE' as never, 0, 8000)
    await two.cluster('ADDSLOTSRANGE' as never, 8001, 16383)
    await one.cluster('MEET', '127.0.0.1', nodes[1].port)
    for (const redis of [one, two])
      await until(async () => /cluster_state:ok/.test(String(await redis.cluster('INFO'))), 'the cluster')
    const cluster = nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    // Their slots are on different nodes.
    for (const queue of ['{a}', '{b}', '{c}']) {
      const executor = await connect(nodes[0].folder, { queue, redis: { cluster } })
      if (queue === '{a}') await expectAll(executor, nodes[0])
      else expect(await executor.submit(jobs.square, 4)).toBe(16)
    }
    const plain = stage.newExecutor({ url: undefined, redis: { cluster }, connectTimeout: 5000 })
    await expect(plain.ready()).rejects.toThrow(/In a Redis Cluster, the name of a queue has a hash tag: '\{spindle\}'/)
    for (const redis of [one, two]) redis.disconnect()
  })

  it('to the primary that a Sentinel names, and after a fail-over to the other one', async () => {
    const first = await newServer()
    const second = await newServer('--replicaof', '127.0.0.1', `${first.port}`)
    const port = await freePort()
    const config = join(first.folder, 'sentinel.conf')
    const monitored = [
      `port ${port}`,
      `dir ${first.folder}`,
      `sentinel monitor primary 127.0.0.1 ${first.port} 1`,
      'sentinel down-after-milliseconds primary 1000',
      'sentinel failover-timeout primary 3000',
    ]
    writeFileSync(config, monitored.join('\n'))
    const sentinel = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' })
    const control = new Redis(port, { maxRetriesPerRequest: null })
    const ask = async (): Promise<string> => String(await control.call('SENTINEL', 'MASTERS'))
    try {
      await until(async () => /num-slaves,1/.test(await ask()), 'the Sentinel to know both')
      const sentinels = [{ host: '127.0.0.1', port }]
      const executor = await connect(first.folder, { redis: { sentinels, name: 'primary' } })
      await expectAll(executor, first)
      await first.stop()
      const future = executor.submit(jobs.square, 5)
      await until(async () => (await ask()).includes(`port,${second.port}`), 'the fail-over')
      await until(() => future.settled, 'the call')
      expect(await future).toBe(25)
    } finally {
      control.disconnect()
      sentinel.kill('SIGKILL')
      await once(sentinel, 'exit')
    }
  })

  it.runIf(canSpeakTLS())('over TLS to a server that asks clients for a certificate', async () => {
    const server = new RedisServer()
    servers.push(server)
    const [key, certificate] = [join(server.folder, 'key.pem'), join(server.folder, 'certificate.pem')]
    makeCertificate(key, certificate)
    const port = await freePort()
    const tls = ['--tls-key-file', key, '--tls-cert-file', certificate, '--tls-ca-cert-file', certificate]
    await server.start('--tls-port', `${port}`, ...tls)
    const url = `rediss://localhost:${port}`
    const text = (file: string): string => readFileSync(file, 'utf8')
    const ca = text(certificate)
    await expectAll(await connect(server.folder, { url, redis: { tls: { ca, cert: ca, key: text(key) } } }), server)
    for (const [tls, message] of [
      [{ ca }, /certificate required/],
      [{}, /The certificate of .* is not trusted: self-signed certificate.*\. Start with NODE_EXTRA_CA_CERTS=/],
    ] as const) {
      const stranger = stage.newExecutor({ url, redis: { tls }, connectTimeout: 5000 })
      await expect(stranger.ready()).rejects.toThrow(message)
    }
  })

  it('under another prefix', async () => {
    const server = await newServer()
    await expectAll(await connect(server.folder, { url: server.url, prefix: 'shop' }), server)
    const direct = new Redis(server.url)
    expect((await direct.keys('*')).filter((name) => !name.startsWith('shop:spindle:'))).toEqual([])
    direct.disconnect()
  })
})

/** Whether redis-server was built with TLS, and there is openssl to make a certificate. */
function canSpeakTLS(): boolean {
  const { stdout, stderr } = spawnSync('redis-server', ['--port', '0', '--tls-port', '0'], { timeout: 5000 })
  return !/Bad directive/.test(`${stdout}${stderr}`) && spawnSync('openssl', ['version']).status === 0
}

/** One that signs itself, for localhost. */
function makeCertificate(key: string, certificate: string): void {
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const { status, stderr } = spawnSync('openssl', [...args, ...names, '-keyout', key, '-out', certificate])
  if (status !== 0) throw new Error(`${stderr}`)
}
