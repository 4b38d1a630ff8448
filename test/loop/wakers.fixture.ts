// Each of these may wake a loop from outside. The argument names one of them. The program must print `woken` and report
// no deadlock.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Worker } from 'node:worker_threads'
import { type Coroutine, ensureFuture, type Future, getRunningLoop, run, sleep } from 'spindle'

type Waker = (future: Future<string>) => void

const wakers: Record<string, Waker> = {
  'a timer of the host': (future) => void setTimeout(() => future.setResult('woken'), 50),

  'an interval': (future) => {
    let times = 0
    const interval = setInterval(() => {
      if (++times < 5) return
      clearInterval(interval)
      future.setResult('woken')
    }, 10)
  },

  'a file that is read': (future) => void readFile(import.meta.filename, 'utf8').then(() => future.setResult('woken')),

  // The timer alone would not keep the process alive.
  'a listening server': (future) => {
    const server = createServer().listen(0, '127.0.0.1')
    setTimeout(() => {
      server.close()
      future.setResult('woken')
    }, 150).unref()
  },

  'an open socket': (future) => {
    const server = createServer((connection) => {
      setTimeout(() => connection.end('woken'), 150).unref()
    })
    server.unref().listen(0, '127.0.0.1', () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      socket.on('data', (data) => future.setResult(String(data)))
    })
  },

  'a fetch': (future) => {
    const server = createHttpServer((_request, response) => {
      setTimeout(() => response.end('woken'), 100).unref()
    })
    server.unref().listen(0, '127.0.0.1', async () => {
      const { port } = server.address() as AddressInfo
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
      future.setResult(await response.text())
    })
  },

  'a child process': (future) => {
    execFile(process.execPath, ['-e', 'setTimeout(() => console.log("woken"), 100)'], (_error, output) =>
      future.setResult(output.trim()),
    )
  },

  'a worker thread': (future) => {
    const worker = new Worker('setTimeout(() => require("node:worker_threads").parentPort.postMessage("woken"), 100)', {
      eval: true,
    })
    worker.on('message', (message: string) => future.setResult(message))
  },

  'the standard input': (future) => {
    process.stdin.once('data', (data) => {
      process.stdin.unref?.()
      process.stdin.pause()
      future.setResult(String(data).trim())
    })
    console.log('listening')
  },

  'a listener of beforeExit that came after': (future) => {
    process.once('beforeExit', () => setTimeout(() => future.setResult('woken'), 50))
  },

  'a listener of beforeExit that came later, and starts work in a promise': (future) => {
    process.once('beforeExit', () => {
      void Promise.resolve()
        .then(() => readFile(import.meta.filename))
        .then(() => future.setResult('woken'))
    })
  },

  // Registered below, before the loop.
  'a listener of beforeExit that was there before': (future) => {
    wake = () => future.setResult('woken')
  },
}

let wake: (() => void) | undefined
process.once('beforeExit', () => {
  if (wake !== undefined) setTimeout(wake, 50)
})

function* main(waker: Waker): Coroutine<string> {
  const future = getRunningLoop().createFuture<string>()
  const promised = ensureFuture(new Promise<string>((resolve) => future.then(resolve)))
  yield* sleep(1) // the loop has been asleep before
  waker(future)
  const direct = yield* future
  return `${direct} ${yield* promised}`
}

console.log(await run(main(wakers[process.argv[2] as string] as Waker)))
