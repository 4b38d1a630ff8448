// A call of gRPC, and its server. Look at: sum(), which cancels the call at a stop; and add(), which is told so, and
// whose clean-up has ended before the caller continues: the server says so in a second call.
// Recipe for @grpc/grpc-js: `cancel()` of the call; `'cancelled'` in the server
// Write: `call((signal) => …)`; `asyncFunction('host', function* (call) { … })` in the server
// Run: npx tsx examples/with-packages/grpc.ts     with --stops 1000, for example
// Prints: a sum, and what stops at random moments leave     Next: nats.ts
import { Client, credentials, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { type Coroutine, call, sleep, uncancellable } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { stopped } from '../support/stopped.ts'

const pack = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const unpack = (data: Buffer): unknown => JSON.parse(`${data}`)
const shape = { requestStream: false, responseStream: false, requestDeserialize: unpack, requestSerialize: pack }
const method = { ...shape, responseDeserialize: unpack, responseSerialize: pack }
const DEFINITION = { add: { ...method, path: '/Sums/add' }, ended: { ...method, path: '/Sums/ended' } }

const server = new Server()
const running = new Map<number, Promise<unknown>>()

function* add(numbers: readonly number[]): Coroutine<number> {
  let sum = 0
  try {
    for (const number of numbers) {
      yield* sleep(3)
      sum += number
    }
    return sum
  } finally {
    yield* uncancellable(() => sleep(2)) // the clean-up
  }
}

type Request = readonly [id: number, numbers: readonly number[]]

/** It sees by itself when its client has cancelled the call. */
const adding = asyncFunction('host', ({ request: [, numbers] }: ServerUnaryCall<Request, number>) => add(numbers))

server.addService(DEFINITION, {
  add(serverCall: ServerUnaryCall<Request, number>, callback: sendUnaryData<number>) {
    const [id] = serverCall.request
    const sum = adding(serverCall)
    const end = (): void => void running.delete(id)
    running.set(id, sum.then(end, end))
    sum.then((value) => callback(null, value), callback)
  },
  ended(serverCall: ServerUnaryCall<readonly [id: number], object>, callback: sendUnaryData<object>) {
    void Promise.resolve(running.get(serverCall.request[0])).then(() => callback(null, {}))
  },
})
const port = await new Promise<number>((resolve, reject) => {
  const bound = (error: Error | null, port: number): void => (error === null ? resolve(port) : reject(error))
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound)
})
const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
let calls = 0

function request<T>(name: keyof typeof DEFINITION, argument: unknown, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const { path } = DEFINITION[name]
    const parse = (data: Buffer): T => unpack(data) as T
    const running = client.makeUnaryRequest(path, pack, parse, argument, (error, value) => {
      if (error === null) resolve(value as T)
      else reject(error)
    })
    signal?.addEventListener('abort', () => running.cancel(), { once: true })
  })
}

function* sum(numbers: readonly number[]): Coroutine<number> {
  const id = calls++
  try {
    return yield* call((signal) => request<number>('add', [id, numbers], signal))
  } finally {
    yield* uncancellable(() => call(() => request('ended', [id])))
  }
}

/** In plain TypeScript. */
const sumPlain = (numbers: readonly number[], signal: AbortSignal): Promise<number> =>
  request<number>('add', [calls++, numbers], signal)

await runMain(
  stopped({
    spindle: () => sum([1, 2, 3, 4]),
    plain: (signal) => sumPlain([1, 2, 3, 4], signal),
    held: () => running.size,
  }),
)
client.close()
server.forceShutdown()
