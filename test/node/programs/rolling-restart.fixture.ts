// A cluster whose workers are replaced one after another while clients ask on kept connections. The program prints how
// many requests were answered, and how many were lost.

import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from 'spindle'
import { handler, runMain, serve } from 'spindle/node'

const CLIENTS = 16
const [restarts = '4'] = process.argv.slice(2)

if (cluster.isPrimary) await restartUnderLoad(Number(restarts))
else await work()

async function work(): Promise<void> {
  const server = createServer(
    handler(function* (_request: IncomingMessage, response: ServerResponse) {
      yield* sleep(Math.random() * 4)
      response.end('hello')
    }),
  )
  await runMain(serve(server.listen(0)))
  process.disconnect()
}

async function restartUnderLoad(times: number): Promise<void> {
  let current = await startWorker()
  const { port } = current
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const counts = { answered: 0, lost: 0 }
  let loaded = true
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (loaded) counts[(await isAnswered(port, agent)) ? 'answered' : 'lost']++
  })
  for (let i = 0; i < times; i++) {
    const before = counts.answered
    while (counts.answered < before + 200) await new Promise((resolve) => setTimeout(resolve, 1))
    const next = await startWorker()
    current.worker.process.kill('SIGTERM')
    await once(current.worker, 'exit')
    current = next
  }
  loaded = false
  await Promise.all(clients)
  agent.destroy()
  current.worker.process.kill('SIGKILL')
  console.log(JSON.stringify(counts))
}

async function startWorker(): Promise<{ worker: Worker; port: number }> {
  const worker = cluster.fork()
  const [address] = (await once(worker, 'listening')) as [AddressInfo]
  return { worker, port: address.port }
}

function isAnswered(port: number, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ port, agent }, (response) => {
      response.on('end', () => resolve(response.statusCode === 200)).on('error', () => resolve(false))
      response.resume()
    })
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
