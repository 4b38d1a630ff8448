// A program that ends in the way the argument says.

import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Coroutine, Event, once, sleep, uncancellable } from 'spindle'
import { addSignalHandler, handler, runMain, StreamWriter } from 'spindle/node'

function* main(how: string): Coroutine<number | undefined> {
  if (how === 'return') return 5
  if (how === 'throw') throw new Error('broken')
  if (how === 'nothing') return undefined
  if (how === 'serve') yield* beginToServe()
  if (how === 'lines') return yield* printLines(log)
  if (how === 'writer') return yield* printLines(write)
  if (how === 'drain') return yield* drain()
  if (how === 'owned and read') process.stdin.on('data', (chunk) => console.log(`read: ${chunk}`))
  if (how === 'first') process.kill = () => true // the kernel ignores the signals of process 1 of a container to itself
  if (how === 'exit' || how === 'slow') process.once('exit', () => console.log('exit'))
  if (how === 'owned for a while') return yield* sleep(1200, 3)
  try {
    console.log('ready')
    yield* sleep(60_000)
  } finally {
    console.log('cleaning up')
    if (how === 'slow') yield* cleanUpForever()
    yield* sleep(20)
    if (how === 'fail') failToCleanUp()
    console.log('cleaned up')
  }
  return 0
}

function failToCleanUp(): never {
  setInterval(() => {}, 60_000) // would keep the process alive
  throw new Error('broken')
}

/** The second signal ends its grace time, and the third the process. */
function* cleanUpForever(): Coroutine<never> {
  try {
    yield* uncancellable(() => sleep(60_000), { timeout: 30_000 })
  } catch {
    console.log('abandoned, cleaning up')
  }
  for (;;) yield* sleep(60_000)
}

/** Prints without end, and says on the other stream that it has cleaned up. */
function* printLines(print: (line: string) => Coroutine<void>): Coroutine<never> {
  try {
    for (let i = 0; ; i++) yield* print(`line ${i}\n`)
  } finally {
    yield* sleep(1)
    console.error('cleaned up')
  }
}

function* log(line: string): Coroutine<void> {
  console.log(line)
  yield* sleep(1)
}

function* write(line: string): Coroutine<void> {
  writer ??= StreamWriter.from(process.stdout)
  writer.write(line)
  yield* writer.drain()
}
let writer: StreamWriter | undefined

/** Handles SIGTERM itself. */
function* drain(): Coroutine<number> {
  const asked = new Event()
  addSignalHandler('SIGTERM', () => asked.set())
  console.log('ready')
  yield* asked.wait()
  console.log('draining')
  yield* sleep(20)
  console.log('drained')
  return 7
}

/** Has a pending request that is not answered. */
function* beginToServe(): Coroutine<void> {
  const server = createServer(
    handler(function* (_request: unknown, _response: ServerResponse) {
      server.emit('asked')
      yield* sleep(60_000)
    }),
  )
  server.listen(0)
  yield* once(server, 'listening')
  get({ port: (server.address() as AddressInfo).port }).on('error', () => {})
  yield* once(server, 'asked')
}

const [, , how = ''] = process.argv
await runMain(main(how), how.startsWith('owned') ? { endsWith: process.stdin } : {})
console.log('after')
