// A program that submits one call: `url key shutdown|open|hang`.

import { isMain } from '@spindle/thread'
import { DistributedExecutor } from 'spindle/distributed'
import { spin, squareSlowly } from './jobs.fixture.ts'

function main([url = '', key = '', how = '', log = '']: string[]): void {
  const executor = new DistributedExecutor({ url })
  if (how === 'hang') {
    executor.with({ key }).submit(spin, log, key, 300)
    setInterval(() => {}, 1000)
    return
  }
  const future = executor.with({ key }).submit(squareSlowly, 5, 200)
  future.addDoneCallback(() => console.log('done', future.result()))
  if (how === 'shutdown') executor.ready().addDoneCallback(() => executor.shutdown({ wait: false }))
}

if (isMain(import.meta)) main(process.argv.slice(2))
