// A program of its own, whose functions come from the module that it is given: node program.fixture.ts URL QUEUE MODULE
// CALLS

import { DistributedExecutor } from 'spindle/distributed'

const [url = '', queue = '', module = '', calls = '1'] = process.argv.slice(2)
const { mine } = (await import(module)) as { mine: (n: number) => Promise<string> }
const executor = new DistributedExecutor({ url, queue })
const futures = Array.from({ length: Number(calls) }, (_, n) => executor.submit(mine, n))
const ends = await Promise.all(futures.map(async (future) => await future.then(String, String)))
console.log(JSON.stringify(ends))
await executor[Symbol.asyncDispose]()
