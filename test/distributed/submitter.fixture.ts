// A program that submits one call: `url key shutdown|open|dropped|ended|hang`.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DistributedExecutor } from 'spindle/distributed'
import { isMain } from 'spindle/thread'
import { spin, squareSlowly } from './jobs.fixture.ts'

function main([url = '', key = '', how = '', log = '']: string[]): void {
  if (how === 'dropped') return drop(url)
  const executor = new DistributedExecutor({ url })
  if (how === 'hang') {
    executor.with({ key }).submit(spin, log, key, 300)
    setInterval(() => {}, 1000)
    return
  }
  if (how === 'ended') {
    const end = (): void => {
      executor.terminate()
      executor.ended().addDoneCallback(() => console.log('ended'))
    }
    executor.ready().addDoneCallback(() => setImmediate(end))
    return
  }
  const future = executor.with({ key }).submit(squareSlowly, 5, 200)
  future.addDoneCallback(() => console.log('done', future.result()))
  if (how === 'shutdown') executor.ready().addDoneCallback(() => executor.shutdown({ wait: false }))
}

/** Nothing refers to the executor while its call runs. */
function drop(url: string): void {
  setFlagsFromString('--expose-gc')
  setInterval(runInNewContext('gc') as () => void, 20).unref()
  const future = new DistributedExecutor({ url }).submit(squareSlowly, 5, 200)
  future.addDoneCallback(() => console.log('done', future.result()))
}

if (isMain(import.meta)) main(process.argv.slice(2))
