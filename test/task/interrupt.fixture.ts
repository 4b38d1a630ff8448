// Programs that are interrupted by Ctrl-C, each in a separate process. They print `ready` when the signal may come.

import { writeSync } from 'node:fs'
import {
  type Coroutine,
  createTask,
  getRunningLoop,
  KeyboardInterrupt,
  resource,
  run,
  runSync,
  sleep,
  uncancellable,
} from 'spindle'

const say = (text: string): void => void writeSync(1, `${text}\n`)

function* working(name = 'main', cleanUp = 10): Coroutine<string> {
  try {
    say('ready')
    yield* sleep(60_000)
    return 'slept'
  } finally {
    say(`${name} cleans up`)
    yield* sleep(cleanUp)
    say(`${name} cleaned up`)
  }
}

const programs: Record<string, () => unknown> = {
  async 'left alone'() {
    await run(working())
    say('must not be printed')
  },

  async caught() {
    try {
      await run(working())
    } catch (error) {
      say(`caught ${error instanceof KeyboardInterrupt}: ${error}`)
    }
    say(`listeners: ${process.listenerCount('SIGINT')}`)
  },

  async 'left-over Tasks'() {
    function* main(): Coroutine<void> {
      createTask(working('left over'))
      yield* sleep(60_000)
    }
    await run(main())
  },

  async refused() {
    function* main(): Coroutine<string> {
      try {
        return yield* working()
      } catch (error) {
        return `refused ${(error as Error).constructor.name}`
      }
    }
    say(await run(main()))
  },

  async 'somebody else listens'() {
    let hasHeard = false
    process.once('SIGINT', () => {
      say('their listener')
      hasHeard = true
    })
    function* main(): Coroutine<string> {
      say('ready')
      while (!hasHeard) yield* sleep(1)
      return yield* sleep(1, 'went on')
    }
    say(await run(main()))
  },

  async 'somebody begins to listen'() {
    function* main(): Coroutine<string> {
      const interrupted = getRunningLoop().createFuture<void>()
      const alive = setTimeout(() => {}, 60_000) // waiting for a signal does not keep a process alive
      process.once('SIGINT', () => {
        clearTimeout(alive)
        say(`their listener, who sees ${process.listenerCount('SIGINT')} others`)
        interrupted.setResult()
      })
      say('ready')
      yield* interrupted
      say('again')
      return yield* working()
    }
    await run(main())
  },

  async 'three times'() {
    process.once('exit', () => say('exit'))
    const cleanUp = (): Coroutine<void> => uncancellable(() => sleep(60_000), { timeout: 50_000 })
    function* main(): Coroutine<void> {
      try {
        yield* resource(
          () => sleep(0),
          cleanUp,
          () => working('main', 0),
        )
      } finally {
        say('abandoned')
        yield* uncancellable(() => sleep(60_000))
      }
    }
    await run(main())
  },

  async 'while it closes'() {
    function* main(): Coroutine<void> {
      createTask(stuck())
      yield* sleep(0)
    }
    function* stuck(): Coroutine<void> {
      try {
        yield* sleep(60_000)
      } finally {
        say('ready')
        yield* sleep(60_000)
        say('must not be printed')
      }
    }
    await run(main())
  },

  async 'two runs'() {
    const outcomes = await Promise.allSettled([run(working('a')), run(working('b'))])
    say(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.constructor.name).join())
  },

  async 'a busy loop'() {
    function* main(): Coroutine<void> {
      try {
        say('ready')
        for (;;) yield* sleep(0)
      } finally {
        say('main cleans up')
      }
    }
    await run(main())
  },

  async 'a run after it'() {
    function* main(): Coroutine<string> {
      say('again')
      return yield* sleep(1, getRunningLoop().isRunning() ? 'ran again' : 'not running')
    }
    await run(working()).catch(() => {})
    say(await run(main()))
    say(`exit code so far: ${process.exitCode ?? 0}`)
  },

  blocking() {
    runSync(working())
  },
}

await programs[process.argv[2] ?? '']?.()
