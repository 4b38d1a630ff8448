// The Promises/A+ suite on Spindle's Futures. The argument says whether their loop runs meanwhile.

import { createRequire } from 'node:module'
import { newEventLoop } from 'spindle'

interface Deferred {
  promise: PromiseLike<unknown>
  resolve(value: unknown): void
  reject(reason: unknown): void
}

type Suite = (adapter: { deferred(): Deferred }, options: object, callback: (error: unknown) => void) => void

const suite: Suite = createRequire(import.meta.url)('promises-aplus-tests')

const loop = newEventLoop()
loop.setExceptionHandler(() => {}) // the suite never retrieves most of its rejections
const running = process.argv[2] === 'running' ? loop.runForever() : undefined

// The suite settles some promises twice, which a promise ignores and a Future refuses.
function deferred(): Deferred {
  const future = loop.createFuture<unknown>()
  return {
    promise: future,
    resolve: (value) => {
      if (!future.done()) future.setResult(value)
    },
    reject: (reason) => {
      if (!future.done()) future.setException(reason)
    },
  }
}

suite({ deferred }, { reporter: 'dot', timeout: 5000 }, (error) => {
  console.log(`failed: ${error ?? 0}, running: ${loop.isRunning()}`)
  loop.stop()
  void Promise.resolve(running).then(() => loop.close())
})
