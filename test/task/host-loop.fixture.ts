// Programs on the permanent loop, each of which ends in a different way.
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { type Coroutine, createTask, Event, getHostLoop, KeyboardInterrupt, run, sleep, wait } from 'spindle'
import { closeHostLoop } from 'spindle/more'

function* fail(error: unknown): Coroutine<void> {
  yield* sleep(0)
  throw error
}

function* waitForever(): Coroutine<void> {
  yield* new Event().wait()
}

const programs: Record<string, () => unknown> = {
  'a Task runs': () => {
    function* work(): Coroutine<void> {
      yield* sleep(20)
      console.log('slept')
      createTask(sleep(20)).addDoneCallback(() => console.log('and so did its child'))
    }
    getHostLoop().createTask(work())
  },
  'only a timer is set': async () => {
    getHostLoop().callLater(3_600_000, () => console.log('never'))
    await getHostLoop().createTask(sleep(1))
    console.log('slept')
  },
  'a Task comes after a timer': async () => {
    getHostLoop().callLater(20, () => console.log('called'))
    await getHostLoop().createTask(sleep(1))
    getHostLoop()
      .createTask(sleep(40))
      .addDoneCallback(() => console.log('slept'))
  },
  idle: async () => console.log(await getHostLoop().createTask(sleep(1, 'done'))),
  'an exception is lost': () => void getHostLoop().createTask(fail(new Error('lost'))),
  'an exception is lost that a Task waited for': () => {
    const failing = getHostLoop().createTask(fail(new Error('lost')))
    getHostLoop().createTask(function* () {
      yield* wait([failing])
    })
  },
  'a callback fails': () =>
    void getHostLoop().callSoon(() => {
      throw new Error('in a callback')
    }),
  'an exception goes to a handler': () => {
    getHostLoop().setExceptionHandler((_loop, { message }) => console.log(message))
    getHostLoop().createTask(fail(new Error('lost')))
  },
  'a Task can never go on': () => void getHostLoop().createTask(waitForever(), { name: 'stuck' }),
  'a run waits for a Task that can never go on': async () => {
    const task = getHostLoop().createTask(waitForever(), { name: 'stuck' })
    function* main(): Coroutine<void> {
      yield* task
    }
    await run(main()).catch((error) => console.log(`run: ${error.name}`))
  },
  'closing can never end': async () => {
    function* refuse(): Coroutine<void> {
      try {
        yield* sleep(60_000)
      } finally {
        yield* waitForever()
      }
    }
    getHostLoop().createTask(refuse())
    await getHostLoop().createTask(sleep(1))
    await closeHostLoop().catch((error) => console.log(`close: ${error.name}`))
  },
  'a KeyboardInterrupt is lost': () => void getHostLoop().createTask(fail(new KeyboardInterrupt())),
  'a server is shut down in order': async () => {
    const server = createServer((_request, response) => {
      function* answer(): Coroutine<void> {
        yield* sleep(1)
        createTask(sleep(3_600_000), { name: 'left over' }).addDoneCallback((task) =>
          console.log(`left over: cancelled ${task.cancelled()}`),
        )
        response.end('answer')
      }
      getHostLoop().createTask(answer())
    }).listen(0)
    await once(server, 'listening')
    const [response] = await once(get({ port: (server.address() as { port: number }).port, agent: false }), 'response')
    console.log(response.statusCode)
    response.resume()
    await once(response, 'end')
    await new Promise((resolve) => server.close(resolve))
    console.log('server closed')
    await closeHostLoop()
    console.log('host loop closed')
  },
}

process.on('exit', (code) => console.log(`exit ${code}`))
await programs[process.argv[2] as string]?.()
